//! Decompressing streams, which are told apart by their first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The most memory, in KiB, that a stream may make a decompressor take: four times what `xz -9` and `zstd -19` need.
const MEMORY_LIMIT_KIB: u32 = 256 << 10;

/// The contents of `input`, which may be compressed with xz (`.xz` format 1.2.1), gzip (RFC 1952) or zstd (RFC 8878).
/// Several compressed streams one after the other are read as one.
///
/// # Errors
/// If the first bytes can't be read.  Later errors, and truncated or damaged streams, are errors of the reader that is
/// returned.
pub(super) fn decompressed<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = Vec::new();
    input.by_ref().take(6).read_to_end(&mut magic)?;
    let compression = Compression::of(&magic);
    let input = Cursor::new(magic).chain(input);
    Ok(match compression {
        Compression::Xz => Box::new(XzReader::new_mem_limit(BufReader::new(input), true, MEMORY_LIMIT_KIB)),
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(input))),
        Compression::Zstd => Box::new(ZstdReader {
            input: BufReader::new(input),
            frame: None,
        }),
        Compression::Plain => Box::new(BufReader::new(input)),
    })
}

enum Compression {
    Xz,
    Gzip,
    Zstd,
    Plain,
}

impl Compression {
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0xfd, b'7', b'z', b'X', b'Z', 0] => Self::Xz,
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// Decompresses zstd frames, one after the other.
struct ZstdReader<R> {
    input: R,
    /// The frame that is being decompressed.
    frame: Option<Box<FrameDecoder>>,
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(mut frame) = self.frame.take() else {
                self.frame = next_frame(&mut self.input)?;
                if self.frame.is_none() || buffer.is_empty() {
                    return Ok(0);
                }
                continue;
            };
            while frame.can_collect() == 0 && !frame.is_finished() {
                frame
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(invalid)?;
            }
            let read = frame.read(buffer)?;
            if read > 0 {
                self.frame = Some(frame);
                return Ok(read);
            }
            let sums = (frame.get_checksum_from_data(), frame.get_calculated_checksum());
            if matches!(sums, (Some(expected), Some(found)) if expected != found) {
                return Err(invalid("a checksum does not match"));
            }
        }
    }
}

/// The next frame of `input`, after any skippable frames (RFC 8878, section 3.1.2); `None` at the end.
fn next_frame(mut input: &mut impl BufRead) -> io::Result<Option<Box<FrameDecoder>>> {
    while !input.fill_buf()?.is_empty() {
        let mut frame = Box::new(FrameDecoder::new());
        match frame.init(&mut input) {
            Ok(()) => return Ok(Some(frame)),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut input.by_ref().take(length.into()), &mut io::sink())?;
            }
            Err(error) => return Err(invalid(error)),
        }
    }
    Ok(None)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
