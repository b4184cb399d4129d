//! The table of operations: name, numpy's name, and the rule of dtypes. The functions themselves are
//! arms of [`unary`](super::unary) and [`binary`](super::binary).

use serde::{Deserialize, Serialize};

/// Which dtypes a function of one operand takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnaryRule {
    /// Numbers and timedeltas keep their dtype; bools are refused.
    Signed,
    /// Bools, numbers and timedeltas keep their dtype; complex numbers become real.
    Magnitude,
    /// Bools and integers keep their dtype.
    Bits,
    /// Numbers keep their dtype, bools become `i8`.
    Number,
    /// Integers become floats; floats and complex numbers keep their dtype.
    Float,
    /// The same, without complex numbers.
    RealFloat,
    /// Bools, integers and floats keep their dtype.
    Whole,
    /// Any dtype to bool.
    Missing,
    /// Bools, numbers and times to bool.
    Test,
    /// Bools and numbers to bool.
    Truth,
    /// Bools, integers and floats to bool.
    RealTest,
    /// Times to bool.
    TimeTest,
    /// Complex numbers to their part, all else keeps its dtype.
    Part,
    /// Numbers to the angle as a float.
    Angle,
}

/// Which dtypes a function of two operands takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryRule {
    /// Bools, numbers: what they promote to.
    Arithmetic,
    /// The same, bools refused.
    Difference,
    /// Integers become `f64`.
    Quotient,
    /// As arithmetic, bools become `i8`, complex numbers refused.
    Division,
    /// As arithmetic, bools become `i8`.
    Power,
    /// Any two dtypes to bool.
    Equality,
    /// Bools, numbers, times or text to bool.
    Order,
    /// Bools and integers.
    Bits,
    /// Bools, numbers and times.
    Extremum,
    /// Integers become floats, complex numbers are refused.
    RealFloat,
    /// Everything becomes `f64` or `c128`.
    Wide,
    /// Integers; bools become `i8`.
    Integers,
    /// Bools and numbers to bool.
    Logic,
}

macro_rules! operations {
    ($(#[$meta:meta])* $Op:ident by $Rule:ident: $($variant:ident $name:literal $numpy:literal $rule:ident;)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $Op {
            $(#[doc = concat!("numpy's `", $numpy, "`.")] $variant,)*
        }

        impl $Op {
            /// Every operation of the table.
            pub const ALL: &'static [$Op] = &[$($Op::$variant),*];

            /// The name of the method or operator.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// assert_eq!(UnaryOp::Sqrt.name(), "sqrt");
            /// assert_eq!(BinaryOp::FloorDiv.name(), "floordiv");
            /// ```
            pub fn name(self) -> &'static str {
                match self {
                    $($Op::$variant => $name,)*
                }
            }

            /// The name of the function in numpy.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// assert_eq!(UnaryOp::Asin.numpy_name(), "arcsin");
            /// assert_eq!(BinaryOp::FloorDiv.numpy_name(), "floor_divide");
            /// ```
            pub fn numpy_name(self) -> &'static str {
                match self {
                    $($Op::$variant => $numpy,)*
                }
            }

            /// The operation of that name, ours or numpy's.
            ///
            /// ```
            /// # use graticule::prelude::*;
            /// assert_eq!(UnaryOp::from_name("arcsin"), Some(UnaryOp::Asin));
            /// assert_eq!(BinaryOp::from_name("plus"), None);
            /// ```
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some($Op::$variant),)*
                    // Where both names agree, the arm above took it.
                    #[allow(unreachable_patterns)]
                    other => match other {
                        $($numpy => Some($Op::$variant),)*
                        _ => None,
                    },
                }
            }

            pub(super) fn rule(self) -> $Rule {
                match self {
                    $($Op::$variant => $Rule::$rule,)*
                }
            }
        }
    };
}

operations! {
    /// A function of one operand.
    UnaryOp by UnaryRule:
    // variant     name          numpy          rule
    Neg            "neg"         "negative"     Signed;
    Positive       "positive"    "positive"     Signed;
    Abs            "abs"         "absolute"     Magnitude;
    Fabs           "fabs"        "fabs"         RealFloat;
    Invert         "invert"      "bitwise_not"  Bits;
    Sign           "sign"        "sign"         Signed;
    Sqrt           "sqrt"        "sqrt"         Float;
    Cbrt           "cbrt"        "cbrt"         RealFloat;
    Square         "square"      "square"       Number;
    Exp            "exp"         "exp"          Float;
    Expm1          "expm1"       "expm1"        Float;
    Exp2           "exp2"        "exp2"         Float;
    Log            "log"         "log"          Float;
    Log2           "log2"        "log2"         Float;
    Log10          "log10"       "log10"        Float;
    Log1p          "log1p"       "log1p"        Float;
    Sin            "sin"         "sin"          Float;
    Cos            "cos"         "cos"          Float;
    Tan            "tan"         "tan"          Float;
    Asin           "asin"        "arcsin"       Float;
    Acos           "acos"        "arccos"       Float;
    Atan           "atan"        "arctan"       Float;
    Sinh           "sinh"        "sinh"         Float;
    Cosh           "cosh"        "cosh"         Float;
    Tanh           "tanh"        "tanh"         Float;
    Asinh          "asinh"       "arcsinh"      Float;
    Acosh          "acosh"       "arccosh"      Float;
    Atanh          "atanh"       "arctanh"      Float;
    Floor          "floor"       "floor"        Whole;
    Ceil           "ceil"        "ceil"         Whole;
    Trunc          "trunc"       "trunc"        Whole;
    Rint           "rint"        "rint"         Float;
    ToRadians      "radians"     "deg2rad"      RealFloat;
    ToDegrees      "degrees"     "rad2deg"      RealFloat;
    Reciprocal     "reciprocal"  "reciprocal"   Number;
    IsNull         "isnull"      "isnull"       Missing;
    NotNull        "notnull"     "notnull"      Missing;
    IsNan          "isnan"       "isnan"        Test;
    IsFinite       "isfinite"    "isfinite"     Test;
    IsInf          "isinf"       "isinf"        Test;
    IsNat          "isnat"       "isnat"        TimeTest;
    SignBit        "signbit"     "signbit"      RealTest;
    LogicalNot     "logical_not" "logical_not"  Truth;
    Spacing        "spacing"     "spacing"      RealFloat;
    Real           "real"        "real"         Part;
    Imag           "imag"        "imag"         Part;
    Conj           "conj"        "conjugate"    Number;
    Angle          "angle"       "angle"        Angle;
}

operations! {
    /// A function of two operands.
    BinaryOp by BinaryRule:
    // variant     name          numpy           rule
    Add            "add"         "add"           Arithmetic;
    Sub            "sub"         "subtract"      Difference;
    Mul            "mul"         "multiply"      Arithmetic;
    Div            "truediv"     "divide"        Quotient;
    FloorDiv       "floordiv"    "floor_divide"  Division;
    Rem            "mod"         "remainder"     Division;
    Pow            "pow"         "power"         Power;
    Lt             "lt"          "less"          Order;
    Le             "le"          "less_equal"    Order;
    Gt             "gt"          "greater"       Order;
    Ge             "ge"          "greater_equal" Order;
    Eq             "eq"          "equal"         Equality;
    Ne             "ne"          "not_equal"     Equality;
    And            "and"         "bitwise_and"   Bits;
    Or             "or"          "bitwise_or"    Bits;
    Xor            "xor"         "bitwise_xor"   Bits;
    Maximum        "maximum"     "maximum"       Extremum;
    Minimum        "minimum"     "minimum"       Extremum;
    Fmax           "fmax"        "fmax"          Extremum;
    Fmin           "fmin"        "fmin"          Extremum;
    Atan2          "atan2"       "arctan2"       RealFloat;
    Hypot          "hypot"       "hypot"         RealFloat;
    CopySign       "copysign"    "copysign"      RealFloat;
    NextAfter      "nextafter"   "nextafter"     RealFloat;
    LogAddExp      "logaddexp"   "logaddexp"     RealFloat;
    LogAddExp2     "logaddexp2"  "logaddexp2"    RealFloat;
    Heaviside      "heaviside"   "heaviside"     RealFloat;
    Fmod           "fmod"        "fmod"          Division;
    FloatPower     "float_power" "float_power"   Wide;
    LeftShift      "lshift"      "left_shift"    Integers;
    RightShift     "rshift"      "right_shift"   Integers;
    Gcd            "gcd"         "gcd"           Integers;
    Lcm            "lcm"         "lcm"           Integers;
    LogicalAnd     "logical_and" "logical_and"   Logic;
    LogicalOr      "logical_or"  "logical_or"    Logic;
    LogicalXor     "logical_xor" "logical_xor"   Logic;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_operation() {
        for op in UnaryOp::ALL {
            assert_eq!(UnaryOp::from_name(op.name()), Some(*op));
            assert_eq!(UnaryOp::from_name(op.numpy_name()), Some(*op));
        }
        for op in BinaryOp::ALL {
            assert_eq!(BinaryOp::from_name(op.name()), Some(*op));
            assert_eq!(BinaryOp::from_name(op.numpy_name()), Some(*op));
        }
        assert_eq!(BinaryOp::from_name("plus"), None);
    }
}
