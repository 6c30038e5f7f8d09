package krakend

import (
	"archive/zip"
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// export is a report of an account that was asked for.
type export struct {
	id, report, description, format string
	fields                          string
	from, to                        exchange.Stamp
	created, done                   exchange.Stamp
}

// The life of an export: how long it takes, how long it is kept, how many there may be.
const (
	exportTime  = time.Second
	exportKept  = 14 * 24 * time.Hour
	mostExports = 100
)

// The columns of the files, as Kraken's were in 2025 ("Kraken spot API reference",
// section 3.9).
var (
	ledgerColumns = strings.Split("txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance", ",")
	tradeColumns  = strings.Split("txid,ordertxid,pair,aclass,subclass,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers", ",")
)

func (c *core) callAddExport(a *account, r *request) (any, error) {
	e := &export{report: r.get("report"), description: r.get("description"), format: r.get("format"), fields: r.get("fields"), created: c.now, to: c.now}
	if e.format == "" {
		e.format = "CSV"
	}
	if e.fields == "" {
		e.fields = "all"
	}
	switch {
	case e.report != "trades" && e.report != "ledgers":
		return nil, invalid("report")
	case e.description == "":
		return nil, invalid("description")
	case e.format != "CSV" && e.format != "TSV":
		return nil, invalid("format")
	case len(a.exports) >= mostExports:
		return nil, failure("EExport:Too many exports")
	}
	now := c.now.Time()
	e.from = exchange.At(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC))
	from, err := r.integer("starttm", e.from.Time().Unix(), 0, 1<<33)
	if err != nil {
		return nil, err
	}
	to, err := r.integer("endtm", 0, 0, 1<<33)
	if err != nil {
		return nil, err
	}
	e.from = exchange.Seconds(from)
	if to != 0 {
		e.to = exchange.Seconds(to)
	}
	e.done = c.now.Add(exportTime)
	e.id = c.ids.plain(4)
	a.exports = append(a.exports, e)
	return object{{"id", e.id}}, nil
}

func (e *export) status(now exchange.Stamp) string {
	switch {
	case now >= e.done:
		return "Processed"
	case now > e.created:
		return "Processing"
	}
	return "Queued"
}

func (c *core) callExportStatus(a *account, r *request) (any, error) {
	report := r.get("report")
	if report != "trades" && report != "ledgers" {
		return nil, invalid("report")
	}
	seconds := func(t exchange.Stamp) string { return strconv.FormatInt(t.Time().Unix(), 10) }
	rows := []object{}
	for _, e := range a.exports {
		if e.report != report {
			continue
		}
		completed := "0"
		if c.now >= e.done {
			completed = seconds(e.done)
		}
		rows = append(rows, object{
			{"id", e.id}, {"descr", e.description}, {"format", e.format}, {"report", e.report}, {"subtype", "all"}, {"status", e.status(c.now)},
			{"aclass", "currency"}, {"fields", e.fields}, {"asset", "all"}, {"starttm", seconds(e.from)}, {"endtm", seconds(e.to)}, {"createdtm", seconds(e.created)},
			{"expiretm", seconds(e.created.Add(exportKept))}, {"completedtm", completed}, {"datastarttm", seconds(e.from)}, {"dataendtm", seconds(e.to)}, {"flags", "0"},
		})
	}
	return rows, nil
}

// export finds one of the account's reports.
func (a *account) export(id string) (int, error) {
	i := slices.IndexFunc(a.exports, func(e *export) bool { return e.id == id })
	if i < 0 {
		return 0, failure("EExport:Unknown report")
	}
	return i, nil
}

func (c *core) callRetrieveExport(a *account, r *request) (any, error) {
	i, err := a.export(r.get("id"))
	if err != nil {
		return nil, err
	}
	e := a.exports[i]
	if c.now < e.done {
		return nil, failure("EExport:Not ready")
	}
	columns, rows := c.ledgerFile(a, e)
	if e.report == "trades" {
		columns, rows = tradeFile(a, e)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.CreateHeader(&zip.FileHeader{Name: e.report + "." + strings.ToLower(e.format), Method: zip.Deflate, Modified: e.done.Time()})
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(e.text(columns, rows)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return raw(b.Bytes()), nil
}

// text writes a header and the rows, every field in quotes, only the fields asked for.
func (e *export) text(columns []string, rows [][]string) []byte {
	comma := ","
	if e.format == "TSV" {
		comma = "\t"
	}
	keep := splitList(e.fields)
	var b bytes.Buffer
	line := func(fields []string) {
		n := 0
		for i, f := range fields {
			if e.fields != "all" && !slices.Contains(keep, columns[i]) {
				continue
			}
			if n++; n > 1 {
				b.WriteString(comma)
			}
			b.WriteString(`"` + strings.ReplaceAll(f, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	line(columns)
	for _, r := range rows {
		line(r)
	}
	return b.Bytes()
}

func (c *core) ledgerFile(a *account, e *export) (columns []string, rows [][]string) {
	for _, l := range a.rows {
		if l.at < e.from || l.at > e.to {
			continue
		}
		asset := &c.catalog.Assets[l.asset]
		class := "crypto"
		if exchange.IsFiat(asset.Name) {
			class = "fiat"
		}
		text := func(v money.Amount) string { return money.Format(int64(v), asset.Decimals) }
		rows = append(rows, []string{
			l.id, l.refid, l.at.Time().Format("2006-01-02 15:04:05"), l.kind, "", "currency", class, assetID(asset.Name), "spot / main",
			text(l.amount), text(l.fee), text(l.balance),
		})
	}
	return ledgerColumns, rows
}

func tradeFile(a *account, e *export) (columns []string, rows [][]string) {
	for _, f := range a.fills {
		if f.at < e.from || f.at > e.to {
			continue
		}
		m := f.order.m
		rows = append(rows, []string{
			f.txid, f.order.txid, m.wsname, "forex", "crypto", f.at.Time().Format("2006-01-02 15:04:05.0000"), f.order.Side.String(), legacyType(f.order.Type),
			m.wide(f.price), money.Format(f.cost, m.costDecimals), m.feeText(f.fee, f.feeIn), m.qty(f.qty), money.Format(0, m.costDecimals), "", strings.Join(f.rows, ","),
		})
	}
	return tradeColumns, rows
}

func (c *core) callRemoveExport(a *account, r *request) (any, error) {
	i, err := a.export(r.get("id"))
	if err != nil {
		return nil, err
	}
	done := c.now >= a.exports[i].done
	kind := r.get("type")
	switch {
	case kind != "delete" && kind != "cancel":
		return nil, invalid("type")
	case kind == "delete" != done:
		return nil, failure("EExport:Invalid type")
	}
	a.exports = slices.Delete(a.exports, i, i+1)
	return object{{kind, true}}, nil
}
