use taosha_core::Registry;

/// Every source, stage and sink that comes with `taosha`. What is not named here is not in the
/// binary.
pub(crate) fn register(registry: &mut Registry) {
    taosha_fetch::register(registry);
    taosha_decode::register(registry);
    taosha_segment::register(registry);
    taosha_dedupe::register(registry);
    taosha_extract::register(registry);
    taosha_sink::register(registry);
}
