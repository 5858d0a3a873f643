//! The code of README.md, compiled as documentation tests.
#![doc = include_str!("../../README.md")]
