package journal

import "breakwater/exchange"

// For the tests that stand outside of the package.
var (
	RandomRecord = randomRecord
	FullRecord   = fullRecord
	TestCatalog  = testCatalog
	SegmentName  = segmentName
)

// Unused is an id that no catalog of the tests has.
const Unused exchange.InstrumentID = 1 << 30
