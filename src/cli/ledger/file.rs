//! A ledger's file: compressed as its name says, and whole lines only up to each flush.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder;

/// Bytes that are gathered before they are written, or compressed.
const GATHERED: usize = 1 << 16;

/// How a file is compressed, as the end of its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// `.gz` and `.zst` compress.
    pub(in crate::cli) fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("gz") => Self::Gzip,
            Some(extension) if extension.eq_ignore_ascii_case("zst") => Self::Zstd,
            Some(_) | None => Self::None,
        }
    }

    /// By how much a ledger shrinks at least.
    pub(in crate::cli) const fn ratio(self) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Gzip | Self::Zstd => 6.0,
        }
    }
}

/// Where lines go.
///
/// Lines are gathered and handed on together, so that a program that is killed leaves whole ones. A
/// flush brings all to the file: what is compressed so far can be read, though the file has no end yet.
pub(super) struct LedgerFile {
    lines: Vec<u8>,
    to: Encoded,
}

impl std::fmt::Debug for LedgerFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerFile").finish_non_exhaustive()
    }
}

enum Encoded {
    None(File),
    Gzip(Box<GzEncoder<File>>),
    Zstd(Box<Encoder<'static, BufWriter<File>>>),
}

impl LedgerFile {
    /// A file that is empty so far.
    ///
    /// # Errors
    /// What the compressor says.
    pub(super) fn new(file: File, compression: Compression) -> io::Result<Self> {
        let to = match compression {
            Compression::None => Encoded::None(file),
            Compression::Gzip => {
                Encoded::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::fast())))
            }
            Compression::Zstd => Encoded::Zstd(Box::new(Encoder::new(BufWriter::new(file), 3)?)),
        };
        Ok(Self { lines: Vec::with_capacity(2 * GATHERED), to })
    }

    /// The file is whole.
    ///
    /// # Errors
    /// What the file says.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.hand_on()?;
        match self.to {
            Encoded::None(mut file) => file.flush(),
            Encoded::Gzip(gzip) => gzip.finish()?.flush(),
            Encoded::Zstd(zstd) => zstd.finish()?.flush(),
        }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        match &mut self.to {
            Encoded::None(file) => file.write_all(&self.lines),
            Encoded::Gzip(gzip) => gzip.write_all(&self.lines),
            Encoded::Zstd(zstd) => zstd.write_all(&self.lines),
        }?;
        self.lines.clear();
        Ok(())
    }
}

impl Write for LedgerFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.extend_from_slice(bytes);
        if self.lines.len() >= GATHERED {
            // What comes after the last line break waits for the rest of its line.
            let end = self.lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let rest = self.lines.split_off(end);
            self.hand_on()?;
            self.lines = rest;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        match &mut self.to {
            Encoded::None(file) => file.flush(),
            Encoded::Gzip(gzip) => gzip.flush(),
            Encoded::Zstd(zstd) => zstd.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// What is flushed can be read, though the file has no end: as after a kill.
    #[test]
    fn what_was_flushed_can_be_read_without_the_end() {
        for name in ["l.csv", "l.csv.gz", "l.csv.zst"] {
            let path = Path::new(name);
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join(name);
            let file = File::create(&place).unwrap();
            let mut ledger = LedgerFile::new(file, Compression::of(path)).unwrap();
            ledger.write_all(b"one\ntwo\n").unwrap();
            ledger.flush().unwrap();
            ledger.write_all(b"three\n").unwrap();
            let file = File::open(&place).unwrap();
            let mut reader: Box<dyn io::Read> = match Compression::of(path) {
                Compression::None => Box::new(file),
                Compression::Gzip => Box::new(flate2::read::GzDecoder::new(file)),
                Compression::Zstd => Box::new(zstd::Decoder::new(file).unwrap()),
            };
            let mut found = [0; 8];
            reader.read_exact(&mut found).unwrap();
            assert_eq!(&found, b"one\ntwo\n", "{name}");
            ledger.finish().unwrap();
        }
    }
}
