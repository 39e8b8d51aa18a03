//! Engine, store and platform together, on real files and sockets: started, disturbed, stopped and started again.

mod bilibili;
mod folder;
mod house;
mod secrets;
mod steering;
