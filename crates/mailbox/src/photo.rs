//! From a picture that somebody brings to the squares that are kept of it.
//!
//! Owns the limits on what is decoded, which part of the picture is taken, and that nothing of the
//! file but its pixels is kept: no place, no camera, no comment. Slow: call it off the async
//! threads.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use store::mail::{PhotoSize, PhotoSquares};

use crate::limits::{PICTURE_BYTES_MAX, PICTURE_MEMORY_MAX, PICTURE_PIXELS_MAX, PICTURE_SIDE_MIN};

/// Of 100; at 85 people see no difference.
const JPEG_QUALITY: u8 = 88;

/// Why a picture cannot become a photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Too many bytes.
    #[error("the picture has {0} bytes, and at most {PICTURE_BYTES_MAX} are taken")]
    TooManyBytes(usize),
    /// Too many pixels.
    #[error("the picture has {0} × {1} pixels, and at most {PICTURE_PIXELS_MAX} in all are taken")]
    TooManyPixels(u32, u32),
    /// Too few.
    #[error(
        "the picture has {0} × {1} pixels, and needs {PICTURE_SIDE_MIN} × {PICTURE_SIDE_MIN} at \
         least"
    )]
    TooSmall(u32, u32),
    /// Another kind of file.
    #[error("the file is neither a JPEG nor a PNG picture")]
    OtherKind,
    /// It says what it is, and is not.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

impl PictureError {
    /// For a picture that could not even be looked at to its end.
    pub fn damaged() -> PictureError {
        PictureError::Damaged("it cannot be decoded".to_owned())
    }
}

/// The middle of a picture as squares of all sizes, upright, as JPEG.
///
/// # Errors
/// If it is no picture, too large, or damaged.
pub fn squares(picture: &[u8]) -> Result<PhotoSquares, PictureError> {
    let (picture, orientation) = decode(picture)?;
    let large = middle(&picture, PhotoSize::Large.side());
    drop(picture);
    // The middle of the turned picture is the turned middle, and smaller to turn.
    let mut large = DynamicImage::ImageRgb8(large);
    large.apply_orientation(orientation);
    let large = large.into_rgb8();
    let mut squares = PhotoSquares::default();
    for (size, out) in PhotoSize::ALL.iter().zip(&mut squares) {
        let side = size.side();
        let square = imageops::resize(&large, side, side, FilterType::CatmullRom);
        JpegEncoder::new_with_quality(&mut *out, JPEG_QUALITY)
            .encode_image(&square)
            .map_err(|error| PictureError::Damaged(error.to_string()))?;
    }
    Ok(squares)
}

fn decode(picture: &[u8]) -> Result<(DynamicImage, Orientation), PictureError> {
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(PictureError::TooManyBytes(picture.len()));
    }
    // What it is says the file itself, not its name.
    let format = match image::guess_format(picture) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        _ => return Err(PictureError::OtherKind),
    };
    let damaged = |error: image::ImageError| PictureError::Damaged(error.to_string());
    let mut reader = ImageReader::with_format(Cursor::new(picture), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(PICTURE_MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PICTURE_PIXELS_MAX {
        return Err(PictureError::TooManyPixels(width, height));
    }
    if width.min(height) < PICTURE_SIDE_MIN {
        return Err(PictureError::TooSmall(width, height));
    }
    // A picture whose note about its orientation cannot be read is taken as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(damaged)?, orientation))
}

/// The largest square in the middle, on white, with sides of that many pixels.
fn middle(picture: &DynamicImage, side: u32) -> RgbImage {
    let (width, height) = (picture.width(), picture.height());
    let whole = width.min(height);
    let (left, top) = ((width - whole) / 2, (height - whole) / 2);
    let square = imageops::crop_imm(picture, left, top, whole, whole);
    let small = if whole > side {
        // Averages all pixels, fast; what is left is smoothed by the filter.
        imageops::thumbnail(&*square, side, side)
    } else {
        imageops::resize(&*square, side, side, FilterType::CatmullRom)
    };
    let on_white = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(alpha));
        u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let mut flat = RgbImage::new(small.width(), small.height());
    for (from, to) in small.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0;
        *to = Rgb([on_white(red, alpha), on_white(green, alpha), on_white(blue, alpha)]);
    }
    flat
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    /// Red left, green right, as wide as high is twice.
    fn picture(format: ImageFormat) -> Vec<u8> {
        let picture =
            RgbImage::from_fn(
                200,
                100,
                |x, _| {
                    if x < 100 { Rgb([250, 0, 0]) } else { Rgb([0, 250, 0]) }
                },
            );
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn square(squares: &PhotoSquares, at: usize) -> RgbImage {
        image::load_from_memory_with_format(&squares[at], ImageFormat::Jpeg).unwrap().into_rgb8()
    }

    fn is_near(pixel: &Rgb<u8>, wanted: [u8; 3]) -> bool {
        pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 30)
    }

    /// An EXIF segment with nothing but the orientation, put behind the start of a JPEG.
    fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn three_squares_of_the_middle() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let made = squares(&picture(format)).unwrap();
            for (at, size) in PhotoSize::ALL.iter().enumerate() {
                let (one, side) = (square(&made, at), size.side());
                assert_eq!(one.dimensions(), (side, side));
                assert!(is_near(one.get_pixel(side / 8, side / 2), [250, 0, 0]));
                assert!(is_near(one.get_pixel(side - side / 8, side / 2), [0, 250, 0]));
            }
        }
    }

    #[test]
    fn it_stands_upright_and_says_nothing_else() {
        // Orientation 6: the camera was turned, the first row is the right side.
        let made = squares(&turned(&picture(ImageFormat::Jpeg), 6)).unwrap();
        let one = square(&made, 1);
        assert!(is_near(one.get_pixel(48, 8), [250, 0, 0]), "{:?}", one.get_pixel(48, 8));
        assert!(is_near(one.get_pixel(48, 88), [0, 250, 0]));
        let has = |needle: &[u8]| made[2].windows(needle.len()).any(|part| part == needle);
        assert!(!has(b"Exif") && !has(b"ICC_PROFILE"));
    }

    #[test]
    fn what_shines_through_is_white() {
        let clear = RgbaImage::from_pixel(64, 64, Rgba([0, 0, 0, 0]));
        let mut bytes = Cursor::new(Vec::new());
        clear.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let made = squares(&bytes.into_inner()).unwrap();
        assert!(is_near(square(&made, 0).get_pixel(24, 24), [255, 255, 255]));
    }

    #[test]
    fn what_is_no_photo() {
        let png = picture(ImageFormat::Png);
        assert_eq!(squares(b""), Err(PictureError::OtherKind));
        assert_eq!(squares(b"GIF89a\x01\0\x01\0"), Err(PictureError::OtherKind));
        assert_eq!(
            squares(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            Err(PictureError::OtherKind)
        );
        assert!(matches!(squares(&png[..40]), Err(PictureError::Damaged(_))));
        let large = vec![0; PICTURE_BYTES_MAX + 1];
        assert_eq!(squares(&large), Err(PictureError::TooManyBytes(large.len())));
        let mut small = Cursor::new(Vec::new());
        RgbImage::new(47, 300).write_to(&mut small, ImageFormat::Png).unwrap();
        assert_eq!(squares(&small.into_inner()), Err(PictureError::TooSmall(47, 300)));
    }

    /// A file of some bytes that says it has a billion pixels is refused before any is made.
    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut png = picture(ImageFormat::Png);
        png[16..20].copy_from_slice(&40_000u32.to_be_bytes());
        png[20..24].copy_from_slice(&40_000u32.to_be_bytes());
        let sum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(squares(&png), Err(PictureError::TooManyPixels(40_000, 40_000)));
    }

    /// The sum of a PNG chunk.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (0u32.wrapping_sub(sum & 1)))
            })
        })
    }
}
