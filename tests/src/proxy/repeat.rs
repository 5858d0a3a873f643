//! A block of a stream that comes twice.

use super::chunked::write_chunk;

/// Looks for the block and says it again, right behind itself.
#[derive(Debug)]
pub(super) struct Repeat {
    /// How many blocks are to end before it begins; none once it has come.
    before: Option<usize>,
    /// What has come of it.
    block: Vec<u8>,
    /// The byte before was the end of a line of the same block.
    after_line: bool,
}

impl Repeat {
    pub(super) const fn new(block: usize) -> Self {
        Self { before: Some(block), block: Vec::new(), after_line: false }
    }

    /// Passes a part of the body on, in chunks, without waiting for the rest of a block. Says
    /// whether the block has come twice in it.
    pub(super) fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(end) = self.find(bytes) else {
            write_chunk(bytes, out);
            return false;
        };
        let (first, rest) = bytes.split_at(end);
        write_chunk(first, out);
        write_chunk(&self.block, out);
        write_chunk(rest, out);
        true
    }

    /// Where the block ends, if it does here.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            let before = self.before?;
            if before == 0 {
                self.block.push(*byte);
            }
            let ends = self.after_line && *byte == b'\n';
            self.after_line = *byte == b'\n' && !ends;
            if ends {
                self.before = before.checked_sub(1);
            }
            if self.before.is_none() {
                return Some(at + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{super::chunked::write_last, *};

    const BLOCKS: [&str; 4] = ["a: 1\n\n", "b: 22\nb: 2\n\n", "\n", "c: 333\n\n"];

    /// What is in the chunks that come of it, and how often it is said that something came twice.
    fn pass(block: usize, parts: &[&[u8]]) -> (String, usize) {
        let (mut repeat, mut out) = (Repeat::new(block), Vec::new());
        let times = parts.iter().filter(|part| repeat.pass(part, &mut out)).count();
        write_last(&mut out);
        let (mut body, mut rest) = (String::new(), std::str::from_utf8(&out).unwrap());
        loop {
            let (size, chunk) = rest.split_once("\r\n").unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            body.push_str(&chunk[..size]);
            rest = chunk[size..].strip_prefix("\r\n").unwrap();
            if size == 0 {
                assert_eq!(rest, "");
                return (body, times);
            }
        }
    }

    #[test]
    fn a_block_comes_twice_wherever_the_body_is_cut() {
        let text = BLOCKS.concat();
        // The blank line alone is the begin of what follows it.
        let blocks = [BLOCKS[0].to_owned(), BLOCKS[1].to_owned(), BLOCKS[2..].concat()];
        for block in 0..=blocks.len() {
            let mut twice = blocks.to_vec();
            if let Some(again) = blocks.get(block) {
                twice.insert(block, again.clone());
            }
            let expected = (twice.concat(), usize::from(block < blocks.len()));
            for size in 1..=text.len() {
                let parts: Vec<_> = text.as_bytes().chunks(size).collect();
                assert_eq!(pass(block, &parts), expected, "{block} in parts of {size}");
            }
        }
    }

    #[test]
    fn a_block_that_has_not_ended_is_not_held_back() {
        assert_eq!(pass(0, &[b"a: 1\n", b"b"]), ("a: 1\nb".to_owned(), 0));
    }
}
