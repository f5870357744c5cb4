//! A session as bytes: a target reads its next step, and small numbers for it, from a tape.

/// The rest of an input.
pub struct Tape<'a> {
    rest: &'a [u8],
}

impl<'a> Tape<'a> {
    pub fn new(input: &'a [u8]) -> Tape<'a> {
        Tape { rest: input }
    }

    /// The next byte; none at the end.
    pub fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A number below `bound`; 0 at the end.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.next().unwrap_or(0)) % bound.max(1)
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Some bytes as they are: their number is the first.
    pub fn bytes(&mut self) -> &'a [u8] {
        let wanted = 4 * usize::from(self.next().unwrap_or(0));
        let (some, rest) = self.rest.split_at(wanted.min(self.rest.len()));
        self.rest = rest;
        some
    }
}
