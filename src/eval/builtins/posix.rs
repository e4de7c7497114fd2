//! POSIX extended regular expressions as Nix understands them, which is as the C++ standard library libstdc++ does,
//! byte by byte.
//!
//! Nix passes patterns to `std::regex` with the flag `extended`. What is an error there is an error here, such as
//! escaping a character that needs no escape.

use std::fmt::Write;

/// A pattern in the syntax of the crate regex-automata, for use without Unicode.
pub(super) struct Translated {
    pub text: String,
    /// The number of its groups.
    pub groups: usize,
    /// Whether it contains `|`, of which the longest alternative wins.
    pub alternation: bool,
    /// Whether it contains `*`, `+`, `?` or `{…}`.
    pub repetition: bool,
    /// Whether it repeats something that can be empty and contains groups. What these groups match then depends on the
    /// implementation.
    pub unsure_groups: bool,
}

/// Why a pattern can't be translated.
pub(super) enum Untranslatable {
    /// Nix rejects it.
    Invalid(&'static str),
    /// Nix accepts it, but what it matches depends on more than the pattern.
    Unknown(&'static str),
}

use Untranslatable::{Invalid, Unknown};

/// How deep groups may nest.
const MAX_DEPTH: usize = 100;

/// The maximal length of a pattern in bytes.
const MAX_LENGTH: usize = 1 << 16;

pub(super) fn translate(pattern: &str) -> Result<Translated, Untranslatable> {
    if pattern.len() > MAX_LENGTH {
        return Err(Unknown("it is too long"));
    }
    let mut translator = Translator {
        pattern: pattern.as_bytes(),
        at: 0,
        out: Translated {
            text: String::with_capacity(pattern.len() + 16),
            groups: 0,
            alternation: false,
            repetition: false,
            unsure_groups: false,
        },
        depth: 0,
    };
    translator.alternatives()?;
    match translator.peek() {
        None => Ok(translator.out),
        Some(b')') => Err(Invalid("a `)` without `(`")),
        Some(_) => Err(Invalid("nothing to repeat")),
    }
}

struct Translator<'p> {
    pattern: &'p [u8],
    at: usize,
    out: Translated,
    depth: usize,
}

/// What is known of a part of the pattern.
#[derive(Clone, Copy)]
struct PatternPart {
    may_be_empty: bool,
    has_groups: bool,
}

impl Translator<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<PatternPart, Untranslatable> {
        let mut all = self.sequence()?;
        while self.eat(b'|') {
            self.out.alternation = true;
            self.out.text.push('|');
            let next = self.sequence()?;
            all = PatternPart {
                may_be_empty: all.may_be_empty || next.may_be_empty,
                has_groups: all.has_groups || next.has_groups,
            };
        }
        Ok(all)
    }

    fn sequence(&mut self) -> Result<PatternPart, Untranslatable> {
        let mut all = PatternPart {
            may_be_empty: true,
            has_groups: false,
        };
        while let Some(part) = self.term()? {
            all = PatternPart {
                may_be_empty: all.may_be_empty && part.may_be_empty,
                has_groups: all.has_groups || part.has_groups,
            };
        }
        Ok(all)
    }

    /// An anchor, or an atom with its repetitions; `None` if neither begins here.
    fn term(&mut self) -> Result<Option<PatternPart>, Untranslatable> {
        let start = self.out.text.len();
        let plain = PatternPart {
            may_be_empty: false,
            has_groups: false,
        };
        let Some(byte) = self.peek() else { return Ok(None) };
        let part = match byte {
            b'^' | b'$' => {
                self.at += 1;
                self.out.text.push(char::from(byte));
                return Ok(Some(PatternPart {
                    may_be_empty: true,
                    ..plain
                }));
            }
            b'|' | b')' | b'*' | b'+' | b'?' | b'{' => return Ok(None),
            b'(' => self.group()?,
            b'[' => {
                self.at += 1;
                self.bracket()?;
                plain
            }
            b'.' => {
                self.at += 1;
                self.out.text.push('.');
                plain
            }
            b'\\' => {
                self.at += 1;
                let escaped = self.next().ok_or(Invalid("a backslash at its end"))?;
                if !b".[\\()*+?{|^$".contains(&escaped) {
                    return Err(Invalid("a backslash before a character that needs none"));
                }
                self.byte(escaped);
                plain
            }
            _ => {
                self.at += 1;
                self.byte(byte);
                plain
            }
        };
        self.repetitions(start, part).map(Some)
    }

    fn group(&mut self) -> Result<PatternPart, Untranslatable> {
        if self.depth == MAX_DEPTH {
            return Err(Unknown("its groups nest too deep"));
        }
        self.depth += 1;
        self.out.groups += 1;
        self.at += 1;
        self.out.text.push('(');
        let inner = self.alternatives()?;
        if !self.eat(b')') {
            return Err(Invalid(match self.peek() {
                None => "a `(` without `)`",
                Some(_) => "nothing to repeat",
            }));
        }
        self.out.text.push(')');
        self.depth -= 1;
        Ok(PatternPart {
            has_groups: true,
            ..inner
        })
    }

    /// The repetitions of the atom whose translation begins at `start`.
    fn repetitions(&mut self, start: usize, mut part: PatternPart) -> Result<PatternPart, Untranslatable> {
        let mut first = true;
        while let Some(byte) = self.peek().filter(|byte| b"*+?{".contains(byte)) {
            self.at += 1;
            // a second one does not modify the first
            if !first {
                self.out.text.insert_str(start, "(?:");
                self.out.text.push(')');
            }
            first = false;
            self.out.repetition = true;
            let (least, once_at_most) = match byte {
                b'{' => self.interval()?,
                _ => {
                    self.out.text.push(char::from(byte));
                    (u32::from(byte == b'+'), byte == b'?')
                }
            };
            if part.may_be_empty && part.has_groups && !once_at_most {
                self.out.unsure_groups = true;
            }
            part.may_be_empty |= least == 0;
        }
        Ok(part)
    }

    /// `{n}`, `{n,}` or `{n,m}` after its brace: the minimal number of times, and whether the maximum is at most 1.
    fn interval(&mut self) -> Result<(u32, bool), Untranslatable> {
        let least = self.number()?.ok_or(Invalid("no number after `{`"))?;
        let _ = write!(self.out.text, "{{{least}");
        let mut most = Some(least);
        if self.eat(b',') {
            self.out.text.push(',');
            most = self.number()?;
            if let Some(most) = most {
                if most < least {
                    return Err(Invalid("numbers in `{…}` that are not in order"));
                }
                let _ = write!(self.out.text, "{most}");
            }
        }
        if !self.eat(b'}') {
            return Err(Invalid("a `{` without `}`"));
        }
        self.out.text.push('}');
        Ok((least, most.is_some_and(|most| most <= 1)))
    }

    fn number(&mut self) -> Result<Option<u32>, Untranslatable> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.pattern[start..self.at]).unwrap_or("");
        match digits {
            "" => Ok(None),
            digits => digits
                .parse()
                .map(Some)
                .map_err(|_| Unknown("a repetition without sensible bounds")),
        }
    }

    fn byte(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() {
            self.out.text.push(char::from(byte));
        } else {
            let _ = write!(self.out.text, "\\x{byte:02X}");
        }
    }

    /// A bracket expression after its `[`. A backslash in it is an ordinary character.
    fn bracket(&mut self) -> Result<(), Untranslatable> {
        self.out.text.push('[');
        if self.eat(b'^') {
            self.out.text.push('^');
        }
        let mut last = Last::Nothing;
        // a `]` or a dash at the beginning is an ordinary character
        if let Some(byte @ (b']' | b'-')) = self.peek() {
            self.at += 1;
            last = Last::Byte(byte);
        }
        loop {
            let byte = self.next().ok_or(Invalid("a `[` without `]`"))?;
            let kind = self.peek();
            match (byte, kind) {
                (b']', _) => break,
                (b'-', Some(b']')) => self.add(&mut last, Last::Byte(b'-')),
                (b'-', _) => self.range(&mut last)?,
                (b'[', Some(b':')) => {
                    let name = self.named(b':')?;
                    self.add(&mut last, Last::Class);
                    self.class(&name)?;
                }
                (b'[', Some(b'.')) => {
                    let name = self.named(b'.')?;
                    let [byte] = name[..] else {
                        return Err(Unknown("a collating symbol"));
                    };
                    self.add(&mut last, Last::Byte(byte));
                }
                (b'[', Some(b'=')) => return Err(Unknown("an equivalence class")),
                _ => self.add(&mut last, Last::Byte(byte)),
            }
        }
        self.add(&mut last, Last::Nothing);
        self.out.text.push(']');
        Ok(())
    }

    /// Writes the previous byte, which turned out not to begin a range, and keeps the next one until that is known of
    /// it.
    fn add(&mut self, last: &mut Last, next: Last) {
        if let Last::Byte(byte) = *last {
            self.byte(byte);
        }
        *last = next;
    }

    fn range(&mut self, last: &mut Last) -> Result<(), Untranslatable> {
        let Last::Byte(from) = *last else {
            return Err(Invalid("a dash in brackets that is not a range"));
        };
        let to = self.next().ok_or(Invalid("a `[` without `]`"))?;
        if to == b'[' && matches!(self.peek(), Some(b':' | b'.' | b'=')) {
            return Err(Invalid("a range in brackets that ends in no character"));
        }
        if !from.is_ascii() || !to.is_ascii() {
            return Err(Unknown("a range of characters that are not ASCII"));
        }
        if from > to {
            return Err(Invalid("a range in brackets that is not in order"));
        }
        self.byte(from);
        self.out.text.push('-');
        self.byte(to);
        *last = Last::Nothing;
        Ok(())
    }

    /// The name in `[:name:]`, `[.name.]` or `[=name=]`, from the first mark on.
    fn named(&mut self, mark: u8) -> Result<Vec<u8>, Untranslatable> {
        self.at += 1;
        let rest = &self.pattern[self.at..];
        let length = rest.iter().position(|byte| *byte == mark);
        let length = length.ok_or(Invalid("a class in brackets that is not closed"))?;
        self.at += length + 1;
        if !self.eat(b']') {
            return Err(Invalid("a class in brackets that is not closed"));
        }
        Ok(rest[..length].to_vec())
    }

    fn class(&mut self, name: &[u8]) -> Result<(), Untranslatable> {
        const CLASSES: [&str; 12] = [
            "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit",
        ];
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let name = match name.as_str() {
            "d" => "digit",
            "s" => "space",
            "w" => "word",
            name => CLASSES
                .into_iter()
                .find(|class| *class == name)
                .ok_or(Invalid("a class of characters that does not exist"))?,
        };
        let _ = write!(self.out.text, "[:{name}:]");
        Ok(())
    }
}

/// The previous item of a bracket expression.
enum Last {
    Nothing,
    /// Not written yet, because it may begin a range.
    Byte(u8),
    Class,
}
