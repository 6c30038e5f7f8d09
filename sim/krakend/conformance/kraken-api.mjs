// The conformance of the venue with npm's kraken-api, unmodified: every method that the
// client has and the venue serves. Prints one row a call and ends with 1 when one failed.
//
//   node kraken-api.mjs URL KEY SECRET
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const Kraken = createRequire(import.meta.url)('kraken-api');

const [url, key, secret] = process.argv.slice(2);
const kraken = new Kraken(key, secret, { url });
const rows = [];

// The client's nonce is the time in milliseconds. On a line as short as this two calls fall
// into the same one now and then, which Kraken refuses, too.
async function nextMillisecond() {
  for (const now = Date.now(); Date.now() === now;) await new Promise(setImmediate);
}

async function call(method, params, check) {
  await nextMillisecond();
  try {
    const { result } = await kraken.api(method, params);
    const ok = check(result);
    rows.push([method, ok === true ? 'passed' : 'FAILED', ok === true ? '' : JSON.stringify(result).slice(0, 200)]);
    return result;
  } catch (e) {
    rows.push([method, 'FAILED', e.message.slice(0, 200)]);
    return {};
  }
}

async function fails(method, params, want, client = kraken) {
  await nextMillisecond();
  try {
    await client.api(method, params);
    rows.push([`${method} → ${want}`, 'FAILED', 'no error']);
  } catch (e) {
    rows.push([`${method} → ${want}`, e.message === want ? 'passed' : 'FAILED', e.message === want ? '' : e.message.slice(0, 200)]);
  }
}

const pair = 'XXBTZCAD';
await call('Time', {}, (r) => Math.abs(r.unixtime - Date.now() / 1000) < 5);
await call('Assets', { asset: 'XBT,CAD' }, (r) => r.XXBT.decimals === 10 && r.ZCAD.altname === 'CAD');
await call('AssetPairs', { pair }, (r) => r[pair].wsname === 'XBT/CAD');
const ticker = await call('Ticker', { pair }, (r) => Number(r[pair].a[0]) > Number(r[pair].b[0]));
await call('Depth', { pair, count: 5 }, (r) => r[pair].asks.length === 5 && r[pair].bids.length === 5);
await call('Trades', { pair }, (r) => r[pair].length > 50 && r.last.length === 19);
await call('Spread', { pair }, (r) => r[pair].length > 50);
await call('OHLC', { pair, interval: 60 }, (r) => r[pair].length > 1 && r[pair].at(-2)[0] === r.last);

const low = (Number(ticker[pair].b[0]) * 0.5).toFixed(1);
await call('Balance', {}, (r) => Number(r.ZCAD) > 0 && Number(r.XXBT) > 0);
await call('TradeBalance', { asset: 'ZCAD' }, (r) => Number(r.eb) > 100000);
const placed = await call('AddOrder', { pair, type: 'buy', ordertype: 'limit', price: low, volume: '0.01', userref: 5 }, (r) => r.txid[0][0] === 'O' && r.descr.order === `buy 0.01000000 XBTCAD @ limit ${low}`);
const id = placed.txid[0];
await call('AddOrder', { pair, type: 'buy', ordertype: 'stop-loss-limit', price: '+5%', price2: '+6%', volume: '0.01', close: { ordertype: 'limit', price: '+9%' } }, (r) => r.descr.close.startsWith('close position @ limit '));
await call('AddOrder', { pair, type: 'buy', ordertype: 'market', volume: '0.01' }, (r) => r.txid.length === 1);
await call('OpenOrders', { trades: true }, (r) => r.open[id].status === 'open' && Object.keys(r.open).length === 2);
await call('OpenOrders', { userref: 5 }, (r) => Object.keys(r.open).length === 1);
await call('QueryOrders', { txid: id }, (r) => r[id].vol === '0.01000000');
await call('ClosedOrders', {}, (r) => r.count === 1 && Object.values(r.closed)[0].status === 'closed');
const trades = await call('TradesHistory', {}, (r) => r.count === 1);
await call('QueryTrades', { txid: Object.keys(trades.trades)[0] }, (r) => Object.values(r)[0].pair === pair);
await call('OpenPositions', {}, (r) => Array.isArray(r) && r.length === 0);
const ledger = await call('Ledgers', { type: 'trade' }, (r) => r.count >= 2 && r.count % 2 === 0); // two rows a fill
await call('QueryLedgers', { id: Object.keys(ledger.ledger).slice(0, 20).join(',') }, (r) => Object.keys(r).length === Math.min(20, ledger.count));
await call('TradeVolume', { pair }, (r) => Number(r.volume) > 0 && r.fees[pair].fee === '0.8000');
await call('GetWebSocketsToken', {}, (r) => r.expires === 900);
await call('CancelOrder', { txid: id }, (r) => r.count === 1);

await fails('CancelOrder', { txid: id }, 'Order:Unknown order');
await fails('AddOrder', { pair, type: 'buy', ordertype: 'limit', price: low, volume: '1000' }, 'Order:Insufficient funds');
await fails('Ticker', { pair: 'NOSUCH' }, 'Query:Unknown asset pair');
await fails('Balance', {}, 'API:Invalid key', new Kraken('nobody', secret, { url }));
await fails('Balance', {}, 'API:Invalid signature', new Kraken(key, 'AAAA', { url }));

const width = Math.max(...rows.map((r) => r[0].length));
for (const [name, state, why] of rows) console.log(`${name.padEnd(width)}  ${state}${why && '  ' + why}`);
const failed = rows.filter((r) => r[1] !== 'passed').length;
const version = JSON.parse(readFileSync(new URL('./node_modules/kraken-api/package.json', import.meta.url))).version;
console.log(`\nkraken-api ${version}: ${rows.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
