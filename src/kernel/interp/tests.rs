use super::*;

fn at(method: InterpMethod, outside: Outside, places: &[f64]) -> Vec<f64> {
    let x = [0.0, 1.0, 2.5, 4.0, 4.5, 6.0, 8.0];
    let y = [1.0, 3.0, 2.0, 2.0, 5.0, -1.0, 0.5];
    let mut out = vec![0.0; places.len()];
    interpolate(method, &x, &y, places, outside, &mut out).unwrap();
    out
}

/// scipy 1.17: `interp1d(kind=...)`, `PchipInterpolator` and so on at these places, with extrapolation.
#[test]
fn values_are_those_of_scipy() {
    let places = [-1.0, 0.25, 3.0, 4.25, 7.0, 9.0];
    for (method, want) in [
        (InterpMethod::Linear, [-1.0, 1.5, 2.0, 3.5, -0.25, 1.25]),
        (InterpMethod::Nearest, [1.0, 1.0, 2.0, 2.0, -1.0, 0.5]),
        (InterpMethod::Zero, [1.0, 1.0, 2.0, 2.0, -1.0, 0.5]),
        (InterpMethod::Slinear, [-1.0, 1.5, 2.0, 3.5, -0.25, 1.25]),
        (
            InterpMethod::Quadratic,
            [
                -3.4080773384654113,
                1.7257572504811323,
                1.206726344666672,
                3.5924430000324814,
                -2.6903213232965486,
                8.570963969889647,
            ],
        ),
        (
            InterpMethod::Cubic,
            [
                -3.4930642161689076,
                1.7216802094566082,
                0.9347251090933403,
                3.578359984254613,
                -6.4745338896963425,
                31.605340147217394,
            ],
        ),
        (
            InterpMethod::Quintic,
            [
                32.26106777381066,
                0.4836367721953358,
                0.46041162303702543,
                3.449242991468199,
                -23.406122711958144,
                239.60360124136125,
            ],
        ),
        (
            InterpMethod::Polynomial(4),
            [
                7.117759542733141,
                1.2746625614551093,
                0.5865264276252908,
                3.5087718400662804,
                -14.393069618228926,
                106.11746316512412,
            ],
        ),
        (InterpMethod::Pchip, [-1.2666666666666675, 1.74375, 2.0, 3.5, -0.8125, 4.0625]),
        (
            InterpMethod::Akima,
            [
                -2.0666666666666673,
                1.7875,
                1.8557692307692306,
                3.4972747093023253,
                -1.226165254237288,
                5.446504237288136,
            ],
        ),
        (
            InterpMethod::Makima,
            [
                0.6084656084656093,
                1.7113095238095237,
                1.8363363363363363,
                3.5221036585365852,
                -1.1438845198675498,
                3.349596440397352,
            ],
        ),
        (
            InterpMethod::Barycentric,
            [
                73.40104166666633,
                -0.6293525341932755,
                0.19091102350030892,
                3.4719336153280858,
                -25.04565746753247,
                292.5539192949842,
            ],
        ),
        (
            InterpMethod::Krogh,
            [
                73.4010416666667,
                -0.629352534193277,
                0.19091102350030809,
                3.471933615328086,
                -25.04565746753247,
                292.5539192949909,
            ],
        ),
    ] {
        for (place, (have, want)) in
            places.iter().zip(at(method, Outside::Extrapolate, &places).iter().zip(want))
        {
            let near = (have - want).abs() <= 1e-11 * f64::abs(want).max(1e-3);
            assert!(near, "{method:?} at {place}: {have}, not {want}");
        }
    }
}

#[test]
fn outside_of_the_points_stands_what_was_asked_for() {
    let out = at(InterpMethod::Cubic, Outside::Missing, &[-1.0, 0.0, 8.0, 8.5]);
    assert!(out[0].is_nan() && out[3].is_nan() && (out[2] - 0.5).abs() < 1e-12);
    assert_eq!(at(InterpMethod::Linear, Outside::Values(-7.0, 7.0), &[-1.0, 0.5, 9.0]), [-7.0, 2.0, 7.0]);
}

#[test]
fn too_few_points_are_an_error() {
    let mut out = [0.0];
    let e = interpolate(InterpMethod::Cubic, &[0.0, 1.0], &[0.0, 1.0], &[0.5], Outside::Missing, &mut out);
    assert!(e.unwrap_err().to_string().contains("at least 4 points"));
}

#[test]
fn gaps_are_filled_up_to_their_limits() {
    let nan = f64::NAN;
    let block = crate::array::Block::from_vec(&[8], vec![nan, 1.0, nan, nan, 4.0, nan, 6.0, nan]).unwrap();
    let x: Vec<f64> = (0..8).map(f64::from).collect();
    let filled = |limit, max_gap, outside| {
        let gaps = Gaps { method: InterpMethod::Linear, outside, limit, max_gap };
        fill_gaps(&gaps, &block, 0, &x).unwrap().to_vec::<f64>().unwrap()
    };
    let same = |a: Vec<f64>, b: [f64; 8]| a.iter().zip(b).all(|(a, b)| *a == b || a.is_nan() && b.is_nan());
    assert!(same(filled(None, None, Outside::Missing), [nan, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, nan]));
    assert!(same(filled(Some(1), None, Outside::Missing), [nan, 1.0, 2.0, nan, 4.0, 5.0, 6.0, nan]));
    assert!(same(filled(None, Some(2.0), Outside::Extrapolate), [0.0, 1.0, nan, nan, 4.0, 5.0, 6.0, 7.0]));
}
