//! What takes more than one file of the folder.

mod cors;
mod matrix;
