//! Changes of an input, drawn from a fixed source of random numbers.

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if there is none.
    #[expect(clippy::cast_possible_truncation, reason = "the result lies below a `usize`")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// What means something to one of the readers.
const MARKS: [&[u8]; 40] = [
    b"0",
    b"-1",
    b"1e308",
    b"1e-300",
    b"18446744073709551616",
    b"9223372036854775807",
    b"NaN",
    b"0.1",
    b"100%",
    b"200%",
    b"1d",
    b"9000000d",
    b"1us",
    b"none",
    b"null",
    b"~",
    b"true",
    b"\"",
    b"\"\"",
    b"'",
    b"\\",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    "\u{2603}".as_bytes(),
    b"\xff",
    b": ",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"&a ",
    b"*a",
    b"%00",
    b"clock.start + ",
];

/// Numbers at which something ends.
const NUMBERS: [&[u8]; 12] = [
    b"0",
    b"1",
    b"2",
    b"-1",
    b"0.5",
    b"1000000",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551615",
    b"1e300",
    b"1e-300",
    b"-1e300",
];

/// Mutates inputs of one target.
#[derive(Debug)]
pub(crate) struct Mutator<'s> {
    seeds: &'s [Vec<u8>],
    /// The words of all seeds.
    words: Vec<&'s [u8]>,
    random: Random,
}

impl<'s> Mutator<'s> {
    pub(crate) fn new(seeds: &'s [Vec<u8>], seed: u64) -> Self {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%".contains(byte);
        let words = seeds.iter().flat_map(|seed| seed.split(move |byte| !is_word(byte)));
        let mut words: Vec<_> = words.filter(|word| word.len() > 1 && word.len() < 40).collect();
        words.sort_unstable();
        words.dedup();
        Self { seeds, words, random: Random(seed) }
    }

    /// The next input: a seed after one to eight changes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.seeds[self.random.below(self.seeds.len())].clone();
        // Most often one: whoever changes much is refused at once.
        let changes = 1 + self.random.below(8).min(self.random.below(8)).min(self.random.below(8));
        for _ in 0..changes {
            self.change(&mut bytes);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.below(bytes.len() + 1);
        match random.below(14) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.byte(),
            2 => {
                let end = bytes.len().min(at + 1 + random.below(16));
                bytes.drain(at..end);
            }
            3 => {
                let end = bytes.len().min(at + 1 + random.below(64));
                let repeated = bytes[at..end].to_vec();
                bytes.splice(at..at, repeated);
            }
            4 => insert(bytes, at, MARKS[random.below(MARKS.len())]),
            5 if !self.words.is_empty() => {
                insert(bytes, at, self.words[random.below(self.words.len())]);
            }
            // A number in the place of another.
            11..=13 => {
                let digits = number_at(bytes, at);
                if !digits.is_empty() {
                    let new = NUMBERS[random.below(NUMBERS.len())];
                    bytes.splice(digits, new.iter().copied());
                }
            }
            // A word in the place of another.
            6 | 7 => {
                let mark = random.below(2) == 0 || self.words.is_empty();
                let new = if mark {
                    MARKS[random.below(MARKS.len())]
                } else {
                    self.words[random.below(self.words.len())]
                };
                let old = word_at(bytes, at);
                bytes.splice(old, new.iter().copied());
            }
            8 => self.lines(bytes),
            9 => {
                let other = &self.seeds[random.below(self.seeds.len())];
                let from = random.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.truncate(at.max(bytes.len() / 2)),
        }
    }

    /// Takes out, doubles or moves a line.
    fn lines(&mut self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let line = lines.swap_remove(self.random.below(lines.len()));
        for _ in 0..self.random.below(3) {
            lines.insert(self.random.below(lines.len() + 1), line.clone());
        }
        *bytes = lines.join(&b'\n');
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.splice(at..at, new.iter().copied());
}

/// The word around a place.
fn word_at(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"_-.%".contains(byte));
    let from = bytes[..at].iter().rposition(ends).map_or(0, |place| place + 1);
    let until = bytes[at..].iter().position(ends).map_or(bytes.len(), |place| at + place);
    from..until
}

/// The first number behind a place.
fn number_at(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit) else { return at..at };
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let length = bytes[at + from..].iter().position(|byte| !is_part(byte));
    at + from..length.map_or(bytes.len(), |length| at + from + length)
}
