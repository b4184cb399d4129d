//! Labels by value: what makes an `int64` 20 and a `float64` 20.0 the same label.

use std::cmp::Ordering;

use num_complex::Complex;

use crate::array::Block;
use crate::dtype::dispatch::{with_element, with_real};
use crate::dtype::{Calendar, DType, Element, Kind, NAT, Number, Text, TimeUnit};
use crate::error::{Error, Result};

/// The value of a label, whatever its dtype. Times are nanoseconds, so that units do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// NaN, NaT or missing text; equals itself, has no order.
    Missing,
    /// Integers, bools, times, and floats that are whole.
    Int(i128),
    /// The bits of a float that is not whole, or infinite.
    Float(u64),
    /// The bits of real and imaginary part.
    Complex(u64, u64),
    /// A text.
    Text(Text),
}

/// Floats from here on are not kept as `Key::Int`; every integer and time is smaller.
const WHOLE_LIMIT: f64 = (1u128 << 100) as f64;

impl Key {
    /// The key of a float.
    pub(crate) fn from_f64(v: f64) -> Key {
        if v.is_nan() {
            Key::Missing
        } else if v.fract() == 0.0 && v.abs() < WHOLE_LIMIT {
            Key::Int(v as i128)
        } else {
            Key::Float(v.to_bits())
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match self {
            Key::Int(v) => Some(*v as f64),
            Key::Float(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    /// Which is greater; `None` where there is no order.
    pub(crate) fn order(&self, other: &Key) -> Option<Ordering> {
        match (self, other) {
            (Key::Int(a), Key::Int(b)) => Some(a.cmp(b)),
            (Key::Text(a), Key::Text(b)) => Some(a.cmp(b)),
            (Key::Float(a), Key::Float(b)) => f64::from_bits(*a).partial_cmp(&f64::from_bits(*b)),
            (Key::Int(a), Key::Float(b)) => Some(int_to_float(*a, f64::from_bits(*b))),
            (Key::Float(a), Key::Int(b)) => Some(int_to_float(*b, f64::from_bits(*a)).reverse()),
            _ => None,
        }
    }

    /// How far apart two numbers or times are.
    pub(crate) fn distance(&self, other: &Key) -> Option<Key> {
        match (self, other) {
            (Key::Int(a), Key::Int(b)) => Some(Key::Int((a - b).abs())),
            _ => Some(Key::from_f64((self.as_f64()? - other.as_f64()?).abs())),
        }
    }
}

/// The order of an integer and a float that is not a small whole number.
fn int_to_float(a: i128, b: f64) -> Ordering {
    if b.abs() >= WHOLE_LIMIT {
        return if b > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    if a <= b.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}

/// Elements that have a key; times are scaled by the caller.
trait Keyed: Element {
    fn key(&self) -> Key;
}

macro_rules! keyed {
    ($($T:ty),* => |$v:ident| $key:expr) => {$(
        impl Keyed for $T {
            #[inline]
            fn key(&self) -> Key {
                let $v = self;
                $key
            }
        }
    )*};
}
keyed!(bool, i8, i16, i32, i64, u8, u16, u32, u64 => |v| Key::Int(*v as i128));
keyed!(f32, f64 => |v| Key::from_f64(Number::to_f64(*v)));
keyed!(Text => |v| if v.is_missing() { Key::Missing } else { Key::Text(v.clone()) });
keyed!(Complex<f32>, Complex<f64> => |v| {
    let (re, im) = (Number::to_f64(v.re), Number::to_f64(v.im));
    if re.is_nan() || im.is_nan() {
        Key::Missing
    } else if im == 0.0 {
        Key::from_f64(re)
    } else {
        // Adding 0.0 makes -0.0 the same as 0.0.
        Key::Complex((re + 0.0).to_bits(), im.to_bits())
    }
});

/// Nanoseconds of a tick; 1 for what is not a time.
pub(crate) fn tick_ns(dtype: DType) -> i128 {
    match dtype {
        DType::Datetime { unit, .. } | DType::Timedelta { unit } => match unit {
            TimeUnit::S => 1_000_000_000,
            TimeUnit::Ms => 1_000_000,
            TimeUnit::Us => 1_000,
            TimeUnit::Ns => 1,
        },
        _ => 1,
    }
}

fn scaled(key: Key, dtype: DType) -> Key {
    match key {
        Key::Int(v) if dtype.is_time() && v == i128::from(NAT) => Key::Missing,
        Key::Int(v) => Key::Int(v * tick_ns(dtype)),
        key => key,
    }
}

/// The key of element `i` of a contiguous block.
pub(crate) fn key_at(block: &Block, i: usize) -> Key {
    let key =
        with_element!(block.dtype().kind(), T => block.as_slice::<T>().expect("contiguous labels")[i].key());
    scaled(key, block.dtype())
}

/// The keys of all elements in row-major order.
pub(crate) fn keys(block: &Block) -> Vec<Key> {
    let dtype = block.dtype();
    with_element!(dtype.kind(), T => {
        block.get::<T>().expect("kind was matched").iter().map(|v| scaled(v.key(), dtype)).collect()
    })
}

/// The keys under which labels of a block are looked up in an index of `dtype`: a `float32` index is asked
/// for `float32` labels, as in xarray.
pub(crate) fn keys_for(labels: &Block, dtype: DType) -> Result<Vec<Key>> {
    comparable(labels.dtype(), dtype)?;
    let mut keys = keys(labels);
    if dtype == DType::F32 && labels.dtype() != DType::F32 {
        for key in &mut keys {
            if let Some(v) = key.as_f64() {
                *key = Key::from_f64(v as f32 as f64);
            }
        }
    }
    Ok(keys)
}

#[derive(PartialEq)]
enum Class {
    Number,
    Text,
    Datetime(Calendar),
    Timedelta,
}

fn class(dtype: DType) -> Class {
    match dtype {
        DType::Datetime { calendar, .. } => Class::Datetime(calendar),
        DType::Timedelta { .. } => Class::Timedelta,
        _ if dtype.is_text() => Class::Text,
        _ => Class::Number,
    }
}

/// Whether labels of one dtype can equal labels of the other.
pub(crate) fn is_comparable(a: DType, b: DType) -> bool {
    class(a) == class(b)
}

/// Refuses labels of `asked` in an index of `dtype` where none could be equal.
pub(crate) fn comparable(asked: DType, dtype: DType) -> Result<()> {
    if is_comparable(asked, dtype) {
        return Ok(());
    }
    Err(Error::new(
        crate::error::ErrorKind::NotFound,
        format!("labels of type {asked} are not in an index of type {dtype}"),
    )
    .help(format!("give labels of type {dtype}")))
}

/// Labels from keys; each key must have come from labels comparable with `dtype`.
pub(crate) fn block_of(keys: &[Key], dtype: DType) -> Result<Block> {
    let shape = [keys.len()];
    let tick = tick_ns(dtype);
    let wrong = |key: &Key| Error::internal(format!("{key:?} is no label of type {dtype}"));
    let real = |key: &Key| key.as_f64().ok_or_else(|| wrong(key));
    let whole = |key: &Key| match key {
        Key::Int(v) => Ok(v / tick),
        Key::Missing if dtype.is_time() => Ok(i128::from(NAT)),
        key => Err(wrong(key)),
    };
    let block = with_real!(dtype.kind(), T => {
        let cast = |v: i128| num_traits::NumCast::from(v).ok_or_else(|| {
            Error::alignment(format!("label {v} does not fit into {dtype}"))
        });
        let values: Result<Vec<T>> = if dtype.is_float() {
            keys.iter().map(|k| match k {
                Key::Missing => Ok(<T as Number>::from_f64(f64::NAN)),
                k => real(k).map(<T as Number>::from_f64),
            }).collect()
        } else {
            keys.iter().map(|k| whole(k).and_then(cast)).collect()
        };
        Block::from_vec(&shape, values?)?
    }, else match dtype.kind() {
        Kind::Bool => {
            let values: Result<Vec<bool>> = keys.iter().map(|k| whole(k).map(|v| v != 0)).collect();
            Block::from_vec(&shape, values?)?
        }
        Kind::Str => {
            let values: Result<Vec<Text>> = keys.iter().map(|k| match k {
                Key::Text(t) => Ok(t.clone()),
                Key::Missing => Ok(Text::MISSING),
                k => Err(wrong(k)),
            }).collect();
            Block::from_vec(&shape, values?)?
        }
        _ => {
            let complex = |key: &Key| match key {
                Key::Complex(re, im) => Ok(Complex::new(f64::from_bits(*re), f64::from_bits(*im))),
                Key::Missing => Ok(Complex::new(f64::NAN, f64::NAN)),
                key => real(key).map(|v| Complex::new(v, 0.0)),
            };
            let values = keys.iter().map(complex).collect::<Result<Vec<_>>>()?;
            if dtype == DType::C64 {
                let narrow = values.iter().map(|v| Complex::new(v.re as f32, v.im as f32)).collect();
                Block::from_vec::<Complex<f32>>(&shape, narrow)?
            } else {
                Block::from_vec(&shape, values)?
            }
        }
    });
    Ok(block.retype(dtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_compare_by_value_over_dtypes() {
        let a = keys(&Block::from_vec(&[3], vec![20i64, -1, 3]).unwrap());
        let b = keys(&Block::from_vec(&[3], vec![20.0, -1.0, 3.0]).unwrap());
        assert_eq!(a, b);
        let half = Key::from_f64(2.5);
        assert_eq!(Key::Int(2).order(&half), Some(Ordering::Less));
        assert_eq!(Key::Int(3).order(&half), Some(Ordering::Greater));
        assert_eq!(Key::Int(-3).order(&Key::from_f64(-2.5)), Some(Ordering::Less));
        assert_eq!(Key::Int(3).order(&Key::from_f64(f64::INFINITY)), Some(Ordering::Less));
        assert_eq!(Key::from_f64(-0.0), Key::Int(0));
        assert_eq!(Key::Missing.order(&Key::Missing), None);
    }

    #[test]
    fn blocks_come_back_from_their_keys() {
        let days = Block::from_vec(&[2], vec![86_400i64, NAT]).unwrap();
        let days = days.retype(DType::Timedelta { unit: TimeUnit::S });
        for block in [
            days,
            Block::from_vec(&[3], vec![1.5f32, f32::NAN, 7.0]).unwrap(),
            Block::from_vec(&[2], vec![u64::MAX, 0]).unwrap(),
            Block::from_vec(&[2], vec![Text::from("a"), Text::MISSING]).unwrap(),
            Block::from_vec(&[2], vec![true, false]).unwrap(),
        ] {
            assert!(block_of(&keys(&block), block.dtype()).unwrap().same_bits(&block));
        }
    }
}
