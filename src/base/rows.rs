//! Tables of comma-separated values (RFC 4180): the one reader and the one writer.
//!
//! Fields may be quoted and then hold commas, doubled quotes and line breaks; lines end with LF or
//! CRLF; a byte order mark is passed over; blank lines are no rows. Spaces belong to a field.

use csv::{Reader, ReaderBuilder, StringRecord, Terminator, WriterBuilder};

/// A table that is read row by row.
#[derive(Debug)]
pub struct Rows<'t> {
    heading: Row,
    reader: Reader<&'t [u8]>,
    text: &'t [u8],
    /// Up to where lines are counted, and how many there are.
    counted: (usize, u64),
}

/// The fields of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    line: u64,
    fields: StringRecord,
}

impl<'t> Rows<'t> {
    /// Reads the heading of `text`, which has no fields if there is no text.
    pub fn of(text: &'t str) -> Self {
        // A text is UTF-8, and rows may be of any length: nothing is left that could be wrong.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let reader =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let heading = Row { line: 1, fields: StringRecord::new() };
        let mut rows = Self { heading, reader, text: text.as_bytes(), counted: (0, 1) };
        if let Some(heading) = rows.next() {
            rows.heading = heading;
        }
        rows
    }

    /// The first row.
    pub const fn heading(&self) -> &Row {
        &self.heading
    }

    /// The line of the row that begins at a byte, or behind the line breaks that are there. The library
    /// counts a line break of two characters, and blank lines, to the row behind them.
    fn line_at(&mut self, byte: u64) -> u64 {
        let (from, lines) = self.counted;
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).clamp(from, self.text.len());
        let breaks = self.text[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let until = byte + breaks.count();
        let passed = self.text[from..until].split(|byte| *byte == b'\n').count() - 1;
        self.counted = (until, lines + passed as u64);
        self.counted.1
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        // A field of spaces is how editors leave a blank line.
        loop {
            let mut fields = StringRecord::new();
            if !self.reader.read_record(&mut fields).ok()? {
                return None;
            }
            if fields.len() > 1 || fields.get(0).is_some_and(|field| !field.trim().is_empty()) {
                let line = self.line_at(fields.position().map_or(0, csv::Position::byte));
                return Some(Row { line, fields });
            }
        }
    }
}

impl Row {
    /// The line on which the row begins, from 1.
    pub fn line(&self) -> usize {
        usize::try_from(self.line).unwrap_or(usize::MAX)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The field in a column, counted from 0, without its quotes.
    pub fn get(&self, column: usize) -> Option<&str> {
        self.fields.get(column)
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter()
    }

    /// The first column whose field is `name`, spaces around it aside.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.fields().position(|field| field.trim() == name)
    }
}

/// A row as it is written: quoted where a field needs it, ended by a line feed.
pub fn line<'f>(fields: impl IntoIterator<Item = &'f str>) -> String {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    // Writing to a Vec cannot fail, and what was written in characters is characters.
    let _ = writer.write_record(fields);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// One field of a row, quoted where it needs it.
pub fn quoted(field: &str) -> String {
    // Alone in its row, an empty field would be quoted to tell it from a blank line.
    if field.is_empty() {
        return String::new();
    }
    let mut line = line([field]);
    line.pop();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(usize, Vec<String>)> {
        Rows::of(text).map(|row| (row.line(), row.fields().map(str::to_owned).collect())).collect()
    }

    #[test]
    fn rows_are_read_by_rfc_4180() {
        let text =
            "\u{feff}path,ms\r\n\"/token,7\",90\r\n\r\n\"two\nlines\",\"say \"\"hi\"\"\"\nx,1\n";
        assert_eq!(Rows::of(text).heading().column("path"), Some(0));
        assert_eq!(
            fields(text),
            [
                (2, vec!["/token,7".to_owned(), "90".to_owned()]),
                (4, vec!["two\nlines".to_owned(), "say \"hi\"".to_owned()]),
                (6, vec!["x".to_owned(), "1".to_owned()]),
            ]
        );
        assert!(Rows::of("").heading().is_empty());
        assert_eq!(fields("a\n  \n1\n").len(), 1);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let hard = ["", "a,b", "say \"hi\", twice", "two\nlines", "cr\rhere", " spaces ", "plain"];
        let text = format!("h\n{}", line(hard));
        let row = Rows::of(&text).next().unwrap();
        assert_eq!(row.fields().collect::<Vec<_>>(), hard);
        for field in hard.into_iter().filter(|field| !field.is_empty()) {
            let text = format!("h\n{},1\n", quoted(field));
            assert_eq!(Rows::of(&text).next().unwrap().get(0), Some(field));
        }
    }
}
