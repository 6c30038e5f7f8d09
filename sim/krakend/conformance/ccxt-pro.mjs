// The conformance of the venue with ccxt's unmodified Kraken adapter over WebSocket:
// nothing is changed but URLs. Prints one row a call and ends with 1 when one failed.
//
//   node ccxt-pro.mjs REST STREAM BARE-REST BARE-STREAM KEY SECRET
//
// The first venue has no rate limits, full rows of executions and a crowd; the bare one
// has an empty book.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import WebSocket from 'ws';
import ccxt from 'ccxt';

const [rest, stream, bareRest, bareStream, key, secret] = process.argv.slice(2);
const pair = 'BTC/CAD';
const rows = [];
const clients = [];
const client = async (options = {}, at = [rest, stream]) => {
  const x = new ccxt.pro.kraken({ apiKey: key, secret, rateLimit: 1, enableRateLimit: false, ...options });
  x.urls.api.public = x.urls.api.private = at[0];
  x.urls.api.ws.publicV2 = x.urls.api.ws.privateV2 = at[1];
  await x.loadHttpProxyAgent(); // the adapter asks for this before any ws:// address
  clients.push(x);
  return x;
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const late = (ms) => new Promise((_, fail) => setTimeout(() => fail(new Error(`nothing came in ${ms} ms`)), ms).unref());

async function call(name, f, check = (r) => r !== undefined) {
  await pause(3);
  try {
    const result = await Promise.race([f(), late(20000)]);
    const ok = check(result);
    rows.push([name, ok === true ? 'passed' : 'FAILED', ok === true ? '' : JSON.stringify(result).slice(0, 300)]);
    return result;
  } catch (e) {
    rows.push([name, 'FAILED', `${e.constructor.name}: ${e.message}`.slice(0, 300)]);
    return undefined;
  }
}

async function fails(name, kind, f) {
  await pause(3);
  try {
    const result = await Promise.race([f(), late(20000)]);
    rows.push([`${name} → ${kind.name}`, 'FAILED', 'no error: ' + JSON.stringify(result).slice(0, 150)]);
  } catch (e) {
    const right = e.constructor === kind;
    rows.push([`${name} → ${kind.name}`, right ? 'passed' : 'FAILED', right ? '' : `${e.constructor.name}: ${e.message}`.slice(0, 200)]);
  }
}

// until asks again until the answer is the one that is waited for.
const until = async (f, check) => {
  for (;;) {
    const r = await f();
    if (check(r)) return r;
  }
};
const near = (a, b) => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(b));

// The public market.
const kraken = await client();
await call('watchTicker', () => kraken.watchTicker(pair), (t) => t.bid > 0 && t.bid < t.ask && t.last > 0 && t.baseVolume > 0 && t.vwap > 0 && t.high >= t.low);
await call('watchTickers', () => kraken.watchTickers([pair]), (t) => t[pair].last > 0);
await call('watchBidsAsks', async () => (await client()).watchBidsAsks([pair]), (t) => t !== undefined);
await call('watchTrades', () => kraken.watchTrades(pair), (t) => t.length > 0 && t.every((x) => x.price > 0 && x.amount > 0 && (x.side === 'buy' || x.side === 'sell')));
await call('watchTrades: an update', () => kraken.watchTrades(pair), (t) => t.length > 0);
await call('watchTradesForSymbols', () => kraken.watchTradesForSymbols([pair]), (t) => t.length > 0);
await call('watchOHLCV', () => kraken.watchOHLCV(pair, '1m'), (o) => o.length > 0 && o.every((r) => r[2] >= r[3]));
await call('watchOHLCV 1h', async () => (await client()).watchOHLCV(pair, '1h'), (o) => o.length > 0 && o[0][0] % 3600000 === 0);
await call('watchOrderBook', () => kraken.watchOrderBook(pair), (b) => b.bids.length === 10 && b.asks.length === 10 && b.bids[0][0] < b.asks[0][0]);
await call('watchOrderBook: 20 updates', async () => { let b; for (let i = 0; i < 20; i++) b = await kraken.watchOrderBook(pair); return b; }, (b) => b.bids[0][0] < b.asks[0][0] && b.bids.length === 10);
for (const depth of [25, 100, 500, 1000]) {
  await call(`watchOrderBook ${depth}`, async () => (await client()).watchOrderBook(pair, depth), (b) => b.bids.length >= Math.min(depth, 25) && b.bids[0][0] < b.asks[0][0]);
}
await call('watchOrderBookForSymbols', async () => (await client()).watchOrderBookForSymbols([pair], 25), (b) => b.bids.length > 0);

// The adapter's own checksum, with numbers as texts, for it takes the digits from them.
// It loses trailing zeros when it reads JSON, so the book has none.
const texts = { number: String, options: { watchOrderBook: { checksum: true } } };
const bare = await client({}, [bareRest, bareStream]);
const digits = (i) => Number((0.01000001 + i * 0.0011111).toFixed(8));
const cents = (i) => i + (1 + (i % 9)) / 10;
await call('watchOrderBook with checksum on', async () => {
  for (let i = 1; i <= 12; i++) {
    await pause(3);
    await bare.createOrder(pair, 'limit', 'buy', digits(i), 40000 + cents(i));
    await pause(3);
    await bare.createOrder(pair, 'limit', 'sell', digits(i), 50000 + cents(i));
  }
  return (await client(texts, [bareRest, bareStream])).watchOrderBook(pair);
}, (b) => b.bids.length === 10 && b.bids[0][0] === '40012.4');
await call('watchOrderBook with checksum on: updates', async () => {
  const x = await client(texts, [bareRest, bareStream]);
  await x.watchOrderBook(pair);
  for (let i = 1; i <= 5; i++) {
    const next = x.watchOrderBook(pair);
    await pause(3);
    await bare.createOrder(pair, 'limit', 'buy', digits(20 + i), 40020 + cents(i));
    await next;
  }
  return x.orderbooks[pair];
}, (b) => b.bids[0][0] === '40025.6');

// What a client sees that keeps the digits: every checksum of a live book.
await call('every checksum of 100 book frames', () => new Promise((done, fail) => {
  const socket = new WebSocket(stream);
  const sides = { bids: new Map(), asks: new Map() };
  let seen = 0;
  socket.on('error', fail);
  socket.on('open', () => socket.send(JSON.stringify({ method: 'subscribe', params: { channel: 'book', symbol: [pair], depth: 25 } })));
  socket.on('message', (raw) => {
    const m = JSON.parse(raw.toString().replace(/"(price|qty)":([0-9.]+)/g, '"$1":"$2"'));
    if (m.channel !== 'book') return;
    const best = {};
    for (const [name, up] of [['asks', 1], ['bids', -1]]) {
      for (const l of m.data[0][name]) Number(l.qty) === 0 ? sides[name].delete(l.price) : sides[name].set(l.price, l.qty);
      best[name] = [...sides[name]].sort((a, b) => up * (a[0] - b[0]));
      for (const [p] of best[name].slice(25)) sides[name].delete(p);
    }
    const plain = (s) => s.replace('.', '').replace(/^0+/, '');
    const text = [...best.asks.slice(0, 10), ...best.bids.slice(0, 10)].map(([p, q]) => plain(p) + plain(q)).join('');
    if (crc32(text) !== m.data[0].checksum) { socket.close(); fail(new Error(`frame ${seen}: ${crc32(text)} is not ${m.data[0].checksum}`)); return; }
    if (++seen === 100) { socket.close(); done(seen); }
  });
}), (n) => n === 100);

// The account.
await call('watchBalance', () => kraken.watchBalance(), (b) => b.CAD.total > 0 && b.BTC.total > 0);
const low = 20000, high = 200000;
const placed = await call('createOrderWs limit', () => kraken.createOrderWs(pair, 'limit', 'buy', 0.01, low, { clientOrderId: 'pro-1' }), (o) => o.id[0] === 'O');
await call('watchOrders: the snapshot', () => kraken.watchOrders(pair), (l) => l.some((o) => o.id === placed.id && o.status === 'open' && o.side === 'buy' && near(o.amount, 0.01) && near(o.price, low)));
const follow = async (name, act, check) => {
  const waiting = until(() => kraken.watchOrders(pair), (l) => check(l.at(-1)));
  waiting.catch(() => {});
  const done = await call(name, act, (o) => o !== undefined);
  await call(`${name}: watchOrders`, () => waiting, () => true);
  return done;
};
const kinds = [
  ['stop-loss', 'stop-loss', 'market', 'sell', undefined, { stopLossPrice: low }],
  ['take-profit', 'take-profit', 'market', 'sell', undefined, { takeProfitPrice: high }],
  ['stop-loss-limit', 'stop-loss-limit', 'limit', 'sell', low - 10, { stopLossPrice: low }],
  ['take-profit-limit', 'take-profit-limit', 'limit', 'sell', high - 10, { takeProfitPrice: high }],
  ['trailing-stop amount', 'trailing-stop', 'market', 'sell', undefined, { trailingAmount: 5000 }],
  ['trailing-stop percent', 'trailing-stop', 'market', 'sell', undefined, { trailingPercent: 20 }],
  ['post-only', 'limit', 'limit', 'buy', low, { postOnly: true }],
  ['GTC', 'limit', 'limit', 'buy', low, { timeInForce: 'GTC' }],
  ['with a stop-loss behind it', 'limit', 'limit', 'buy', low, { stopLoss: { triggerPrice: low - 1000 } }],
];
const opened = [placed];
for (const [name, type, kind, side, price, params] of kinds) {
  const o = await call(`createOrderWs ${name}`, () => kraken.createOrderWs(pair, kind, side, 0.01, price, params), (x) => x.id[0] === 'O');
  if (o) {
    opened.push(o);
    await call(`createOrderWs ${name}: fetchOrder`, () => kraken.fetchOrder(o.id), (x) => x.status === 'open' && x.info.descr.ordertype === type && x.side === side);
  }
}
const edited = await follow('editOrderWs', () => kraken.editOrderWs(placed.id, pair, 'limit', 'buy', 0.02, low + 5), (o) => o.id === placed.id && near(o.amount, 0.02) && near(o.price, low + 5));
await call('editOrderWs: fetchOrder', () => kraken.fetchOrder(placed.id), (o) => near(o.amount, 0.02) && near(o.price, low + 5));
await follow('cancelOrderWs', () => kraken.cancelOrderWs(placed.id), (o) => o.id === placed.id && o.status === 'canceled');
await call('cancelOrdersWs', () => kraken.cancelOrdersWs(opened.slice(1, 3).map((o) => o.id)), (r) => r.success === true);
const cad = await call('fetchBalance', () => kraken.fetchBalance(), (b) => b.CAD.total > 0);
const money = kraken.watchBalance();
money.catch(() => {});
const bought = await call('createOrderWs market', () => kraken.createOrderWs(pair, 'market', 'buy', 0.02), (o) => o.id[0] === 'O');
await call('watchBalance: an update', async () => {
  await money; // one frame a row of the ledger: the other one may be there already
  while (!(kraken.balance.spot.BTC.total > cad.BTC.total && kraken.balance.spot.CAD.total < cad.CAD.total)) await kraken.watchBalance();
  return kraken.balance.spot;
});
await call('fetchOrder filled', () => kraken.fetchOrder(bought.id), (o) => o.status === 'closed' && near(o.filled, 0.02));
await call('watchMyTrades: the snapshot', async () => (await client()).watchMyTrades(pair), (l) => l.some((t) => t.order === bought.id && t.price > 0 && t.fee.cost > 0 && t.side === 'buy'));
const traded = (async () => { const x = await client(); await x.watchMyTrades(pair); return until(() => x.watchMyTrades(pair), (l) => l.some((t) => t.side === 'sell')); })();
traded.catch(() => {});
await pause(300);
await call('createOrderWs market sell', () => kraken.createOrderWs(pair, 'market', 'sell', 0.02), (o) => o.id[0] === 'O');
await call('watchMyTrades: an update', () => traded, (l) => l.at(-1).takerOrMaker === 'taker' && l.at(-1).symbol === pair);
await call('cancelAllOrdersWs', () => kraken.cancelAllOrdersWs(), (r) => r.result.count === opened.length - 3);
await call('fetchOpenOrders empty', () => kraken.fetchOpenOrders(pair), (l) => l.length === 0);
await call('the dead man\'s switch, by REST, ends an order: watchOrders', async () => {
  const o = await kraken.createOrderWs(pair, 'limit', 'buy', 0.01, low);
  const gone = until(() => kraken.watchOrders(pair), (l) => l.some((x) => x.id === o.id && x.status === 'canceled'));
  await pause(3);
  await kraken.cancelAllOrdersAfter(1000);
  return gone;
});

// Errors arrive as the class that the adapter has for them.
await fails('cancelOrderWs unknown', ccxt.OrderNotFound, () => kraken.cancelOrderWs('OAAAAA-AAAAA-AAAAAA'));
await fails('editOrderWs unknown', ccxt.OrderNotFound, () => kraken.editOrderWs('OAAAAA-AAAAA-AAAAAA', pair, 'limit', 'buy', 1, low));
await fails('createOrderWs of 1000 BTC', ccxt.ExchangeError, () => kraken.createOrderWs(pair, 'limit', 'sell', 1000, high)); // it knows this text in its old form only
await fails('createOrderWs with an unknown type', ccxt.BadRequest, () => kraken.createOrderWs(pair, 'nonsense', 'sell', 1));
await fails('createOrderWs with a bad clientOrderId', ccxt.BadRequest, () => kraken.createOrderWs(pair, 'limit', 'sell', 1, high, { clientOrderId: 'x'.repeat(40) }));
await fails('a token that is none', ccxt.ExchangeError, async () => {
  const x = await client();
  const at = x.client(x.urls.api.ws.private);
  at.subscriptions.authenticated = { token: 'nonsense', expires: 900, start: x.seconds() }; // what it would remember
  return x.createOrderWs(pair, 'limit', 'buy', 0.01, low);
});

const width = Math.max(...rows.map((r) => r[0].length));
for (const [name, state, why] of rows) console.log(`${name.padEnd(width)}  ${state}${why && '  ' + why}`);
const failed = rows.filter((r) => r[1] !== 'passed').length;
const version = JSON.parse(readFileSync(new URL('./node_modules/ccxt/package.json', import.meta.url))).version;
console.log(`\nccxt ${version}, WebSocket: ${rows.length - failed} passed, ${failed} failed`);
for (const x of clients) x.close().catch(() => {});
setTimeout(() => process.exit(failed ? 1 : 0), 200);
