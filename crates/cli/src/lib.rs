//! The taosha command and the builder that custom binaries call.
