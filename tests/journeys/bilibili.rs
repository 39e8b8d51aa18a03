//! To the simulator of Bilibili.
