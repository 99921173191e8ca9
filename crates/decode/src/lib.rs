//! Bytes in, text out: charset, the words of the page, and a map back to every byte.
