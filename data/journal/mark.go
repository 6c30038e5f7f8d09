package journal

import (
	"errors"
	"fmt"
	"slices"

	"breakwater/exchange"
)

// source is who writes a Mark.
const source = "journal"

// MarkType is what a Mark tells.
type MarkType uint8

// The types of marks, with the fields they use.
const (
	// MarkSegment is the first line of each file: Segment, Table.
	MarkSegment MarkType = iota + 1
	// MarkCut tells that recovery cut a torn end: File, Byte, Lost.
	MarkCut
	// MarkFull tells that the disk was full and this is the end of a run: Text.
	MarkFull
)

var markNames = [...]string{"none", "segment", "cut", "full"}

func (t MarkType) String() string {
	if int(t) >= len(markNames) {
		return "invalid"
	}
	return markNames[t]
}

// Mark is a line that the journal writes about itself, with "journal" as its source.
type Mark struct {
	Type    MarkType
	Segment int64
	Table   *Table
	File    string
	Byte    int64
	Lost    int64 // bytes
	Text    string
}

// Table is what the numbers in the lines after it mean: the assets and instruments of a
// run by their ids, with their scales, and the currency that equity is counted in.
type Table struct {
	Assets      []exchange.Asset
	Instruments []exchange.Spec
	Currency    exchange.AssetID
}

// TableOf is the table of a catalog and an account's currency.
func TableOf(cat *exchange.Catalog, currency exchange.AssetID) Table {
	t := Table{Assets: slices.Clone(cat.Assets), Currency: currency}
	for i := range cat.Instruments {
		t.Instruments = append(t.Instruments, cat.Instruments[i].Spec)
	}
	return t
}

// Catalog is the catalog that the table was made of.
func (t *Table) Catalog() (*exchange.Catalog, error) {
	cat := exchange.NewCatalog()
	for i := range t.Assets {
		if t.Assets[i].ID != exchange.AssetID(i) {
			return nil, fmt.Errorf("journal: asset %d of a table says that it is %d", i, t.Assets[i].ID)
		}
		if id, err := cat.AddAsset(t.Assets[i].Name, t.Assets[i].Decimals); err != nil {
			return nil, err
		} else if int(id) != i {
			return nil, fmt.Errorf("journal: the asset %s stands twice in a table", t.Assets[i].Name)
		}
	}
	for i := range t.Instruments {
		if _, err := cat.Add(t.Instruments[i]); err != nil {
			return nil, err
		}
	}
	if len(cat.Assets) != len(t.Assets) || t.Currency < 0 || int(t.Currency) >= len(t.Assets) {
		return nil, errors.New("journal: a table names an asset that is not in it")
	}
	return cat, nil
}

func (t *Table) equal(o *Table) bool {
	return t.Currency == o.Currency && slices.Equal(t.Assets, o.Assets) && slices.Equal(t.Instruments, o.Instruments)
}

// extends tells why a record under the table old would mean something else under t.
func (t *Table) extends(old *Table) error {
	if len(old.Assets) > 0 && t.Currency != old.Currency {
		return fmt.Errorf("journal: the account was counted in %s; another currency needs a journal of its own", old.Assets[old.Currency].Name)
	}
	for i, a := range old.Assets {
		if i >= len(t.Assets) || t.Assets[i].Name != a.Name || t.Assets[i].Decimals != a.Decimals {
			return fmt.Errorf("journal: asset %d was %s with %d decimals; begin the catalog with the journal's own table and add to it", i, a.Name, a.Decimals)
		}
	}
	for i, in := range old.Instruments {
		if i >= len(t.Instruments) || t.Instruments[i].Symbol != in.Symbol ||
			t.Instruments[i].PriceDecimals != in.PriceDecimals || t.Instruments[i].LotDecimals != in.LotDecimals {
			return fmt.Errorf("journal: instrument %d was %s with %d price and %d lot decimals; begin the catalog with the journal's own table and add to it",
				i, in.Symbol, in.PriceDecimals, in.LotDecimals)
		}
	}
	return nil
}
