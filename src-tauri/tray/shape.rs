//! The six status shapes, drawn as RGBA for the tray: the same shapes and colours as in the UI, so that a status is
//! known by its shape where colours cannot be told apart.

use mission_control_console::view::Status;

/// Width and height of the drawn icon, in pixels.
pub const SIZE: u32 = 64;

/// The shapes are laid out on a square this wide, in units; the outline needs one unit of margin on each side.
const UNITS: f64 = 14.0;
/// Width of the dark outline that sets the shape off from a light panel, in units.
const OUTLINE: f64 = 0.9;
const OUTLINE_COLOUR: [u8; 3] = [0x0a, 0x0f, 0x15];

/// The colour of a status: the dark theme's token.
fn colour(status: Status) -> [u8; 3] {
    match status {
        Status::Off => [0x8d, 0x9c, 0xaa],
        Status::Standby => [0x2d, 0xcc, 0xff],
        Status::Normal => [0x56, 0xf0, 0x00],
        Status::Caution => [0xfc, 0xe8, 0x3a],
        Status::Serious => [0xff, 0xb3, 0x02],
        Status::Critical => [0xff, 0x38, 0x38],
    }
}

/// Distance from a point to the edge of a status's shape, in units; negative inside.
fn distance(status: Status, point: (f64, f64)) -> f64 {
    match status {
        Status::Off => from_segment(point, (2.4, 7.0), (11.6, 7.0)) - 1.3,
        Status::Standby => (from_centre(point) - 4.2).abs() - 1.1,
        Status::Normal => from_centre(point) - 5.2,
        Status::Caution => from_polygon(point, &[(2.2, 2.2), (11.8, 2.2), (11.8, 11.8), (2.2, 11.8)]),
        Status::Serious => from_polygon(point, &[(7.0, 1.0), (13.0, 7.0), (7.0, 13.0), (1.0, 7.0)]),
        Status::Critical => from_polygon(point, &[(7.0, 1.4), (12.8, 12.2), (1.2, 12.2)]),
    }
}

fn from_centre((x, y): (f64, f64)) -> f64 {
    (x - UNITS / 2.0).hypot(y - UNITS / 2.0)
}

fn from_segment(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (along, across) = (to.0 - from.0, to.1 - from.1);
    let part = ((point.0 - from.0) * along + (point.1 - from.1) * across) / (along * along + across * across);
    let part = part.clamp(0.0, 1.0);
    (point.0 - from.0 - along * part).hypot(point.1 - from.1 - across * part)
}

/// For a convex polygon whose corners go clockwise (y points down).
fn from_polygon(point: (f64, f64), corners: &[(f64, f64)]) -> f64 {
    let mut nearest = f64::INFINITY;
    let mut inside = true;
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        nearest = nearest.min(from_segment(point, *from, *to));
        inside &= (to.0 - from.0) * (point.1 - from.1) - (to.1 - from.1) * (point.0 - from.0) >= 0.0;
    }
    if inside { -nearest } else { nearest }
}

/// The icon of a status: [`SIZE`] rows of [`SIZE`] pixels, each red, green, blue, alpha (not premultiplied).
#[must_use]
pub fn draw(status: Status) -> Vec<u8> {
    let scale = f64::from(SIZE) / UNITS;
    // A pixel whose centre lies on an edge is half covered: that is all the smoothing an edge needs.
    let coverage = |distance: f64| (0.5 - distance * scale).clamp(0.0, 1.0);
    let fill = colour(status);
    let mut pixels = Vec::with_capacity((SIZE * SIZE * 4) as usize);
    for row in 0..SIZE {
        for column in 0..SIZE {
            let point = ((f64::from(column) + 0.5) / scale, (f64::from(row) + 0.5) / scale);
            let distance = distance(status, point);
            let filled = coverage(distance);
            for (fill, outline) in fill.into_iter().zip(OUTLINE_COLOUR) {
                pixels.push((f64::from(fill) * filled + f64::from(outline) * (1.0 - filled)).round() as u8);
            }
            pixels.push((coverage(distance - OUTLINE) * 255.0).round() as u8);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Status; 6] =
        [Status::Off, Status::Standby, Status::Normal, Status::Caution, Status::Serious, Status::Critical];

    fn pixel(pixels: &[u8], x: u32, y: u32) -> [u8; 4] {
        let start = ((y * SIZE + x) * 4) as usize;
        pixels[start..start + 4].try_into().unwrap()
    }

    /// Which pixels show the status's own colour.
    fn silhouette(status: Status) -> Vec<bool> {
        let [red, green, blue] = colour(status);
        draw(status).chunks(4).map(|pixel| pixel == [red, green, blue, 255]).collect()
    }

    #[test]
    fn every_status_has_a_shape_of_its_own() {
        for one in ALL {
            for other in ALL {
                if one != other {
                    let (left, right) = (silhouette(one), silhouette(other));
                    let differing = left.iter().zip(&right).filter(|(left, right)| left != right).count();
                    assert!(differing > 300, "{one:?} and {other:?} differ in {differing} pixels only");
                }
            }
        }
    }

    #[test]
    fn every_shape_keeps_clear_of_the_border() {
        for status in ALL {
            let pixels = draw(status);
            assert_eq!(pixels.len(), (SIZE * SIZE * 4) as usize);
            for corner in [(0, 0), (SIZE - 1, 0), (0, SIZE - 1), (SIZE - 1, SIZE - 1)] {
                assert_eq!(pixel(&pixels, corner.0, corner.1)[3], 0, "{status:?} at {corner:?}");
            }
            assert!(
                silhouette(status).iter().filter(|inside| **inside).count() > 300,
                "{status:?} is hardly there"
            );
        }
    }

    #[test]
    fn shapes_are_the_ones_of_the_design() {
        let middle = SIZE / 2;
        let filled = |status, x, y| {
            pixel(&draw(status), x, y) == {
                let [r, g, b] = colour(status);
                [r, g, b, 255]
            }
        };
        assert!(!filled(Status::Standby, middle, middle), "standby is a ring");
        assert!(filled(Status::Normal, middle, middle), "normal is a disc");
        assert!(!filled(Status::Critical, 10, 10), "critical is narrow at the top");
        assert!(filled(Status::Critical, 10, 52), "critical is wide at the bottom");
        assert!(filled(Status::Caution, 12, 12), "caution is a square");
        assert!(!filled(Status::Serious, 12, 12), "serious is a diamond");
        assert!(!filled(Status::Off, middle, 12), "off is a bar");
    }
}
