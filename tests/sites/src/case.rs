//! The faults that every platform can have, once: what goes wrong, and where.

/// What a client is about when it calls. Each platform has its own calls for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Everything.
    Any,
    /// A place is reserved.
    Open,
    /// Bytes are sent.
    Part,
    /// The parts that are held are asked for.
    List,
    /// The call that makes the work.
    Commit,
    /// The platform is asked how its own work goes.
    Watch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Each call takes its time.
    Slow,
    /// 429 with `Retry-After`.
    Busy,
    /// A 5xx.
    Broken,
    /// The connection is reset in the middle of the body, twice.
    Cut,
    /// The connection falls silent in the middle of the body.
    Stall,
    /// A page instead of an answer, with status 200.
    Page,
    /// Half of the answer; the call took effect.
    Truncated,
    /// No answer; the call took effect.
    Lost,
    /// What is stored, or what is told of it, is not what was sent.
    WrongChecksum,
    /// A part is acknowledged and thrown away.
    NotHeld,
    /// The list of parts is not true.
    LyingList,
    /// The sign-in, or what stands for it, ends in the middle.
    SignInEnds,
    /// What lets one upload send its bytes ends in the middle.
    TicketEnds,
    /// The reserved place is gone in the middle.
    PlaceGone,
}

/// One fault, which ends in one work with the right bytes.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    pub trouble: Trouble,
    pub stage: Stage,
    /// It shows only when an upload is taken up again: the client is stopped after some parts.
    pub interrupted: bool,
}

const fn case(name: &'static str, trouble: Trouble, stage: Stage) -> Case {
    Case {
        name,
        trouble,
        stage,
        interrupted: false,
    }
}

const fn interrupted(name: &'static str, trouble: Trouble, stage: Stage) -> Case {
    Case {
        interrupted: true,
        ..case(name, trouble, stage)
    }
}

pub const CASES: [Case; 27] = [
    case("each call is slow", Trouble::Slow, Stage::Any),
    case("429 with a wait: opening", Trouble::Busy, Stage::Open),
    case("429 with a wait: a part", Trouble::Busy, Stage::Part),
    case("429 with a wait: commit", Trouble::Busy, Stage::Commit),
    case("5xx: opening", Trouble::Broken, Stage::Open),
    case("5xx: a part", Trouble::Broken, Stage::Part),
    case("5xx: commit", Trouble::Broken, Stage::Commit),
    case("5xx: watching", Trouble::Broken, Stage::Watch),
    interrupted("5xx: list of parts", Trouble::Broken, Stage::List),
    case("cut in a part", Trouble::Cut, Stage::Part),
    case("stall in a part", Trouble::Stall, Stage::Part),
    case("HTML: opening", Trouble::Page, Stage::Open),
    case("HTML: a part", Trouble::Page, Stage::Part),
    case("HTML: commit", Trouble::Page, Stage::Commit),
    case("HTML: watching", Trouble::Page, Stage::Watch),
    case("half an answer: opening", Trouble::Truncated, Stage::Open),
    case("half an answer: a part", Trouble::Truncated, Stage::Part),
    case("half an answer: commit", Trouble::Truncated, Stage::Commit),
    case("answer lost: opened twice", Trouble::Lost, Stage::Open),
    case("answer lost: a part", Trouble::Lost, Stage::Part),
    case("answer lost: commit", Trouble::Lost, Stage::Commit),
    case(
        "wrong checksum of a part",
        Trouble::WrongChecksum,
        Stage::Part,
    ),
    case("part acknowledged, not held", Trouble::NotHeld, Stage::Part),
    interrupted("lying list of parts", Trouble::LyingList, Stage::List),
    case(
        "sign-in ends in the middle",
        Trouble::SignInEnds,
        Stage::Any,
    ),
    case(
        "ticket ends in the middle",
        Trouble::TicketEnds,
        Stage::Part,
    ),
    case("place gone in the middle", Trouble::PlaceGone, Stage::Part),
];
