//! Engine, store and platform together, on real files and sockets: started, disturbed, stopped and started again.

mod bilibili;
mod edited;
mod folder;
mod house;
mod secrets;
mod steering;
