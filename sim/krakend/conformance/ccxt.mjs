// The conformance of the venue with ccxt's unmodified Kraken adapter over REST: nothing is
// changed but the two base URLs. Prints one row a call and ends with 1 when one failed.
//
//   node ccxt.mjs URL LIMITED-URL KEY SECRET
//
// URL is a venue without rate limits, LIMITED-URL one with them.
import { readFileSync } from 'node:fs';
import ccxt from 'ccxt';

const [url, limitedURL, key, secret] = process.argv.slice(2);
const pair = 'BTC/CAD';
const rows = [];
const client = (apiKey, apiSecret, at = url) => {
  const x = new ccxt.kraken({ apiKey, secret: apiSecret, rateLimit: 1, enableRateLimit: false });
  x.urls.api.public = x.urls.api.private = at;
  // The adapter's nonce is the time in milliseconds without a guard: two calls in one
  // millisecond would collide, as they do at Kraken.
  return x;
};
const kraken = client(key, secret);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function call(name, f, check = (r) => r !== undefined) {
  await pause(3);
  try {
    const result = await f();
    const ok = check(result);
    rows.push([name, ok === true ? 'passed' : 'FAILED', ok === true ? '' : JSON.stringify(result).slice(0, 200)]);
    return result;
  } catch (e) {
    rows.push([name, 'FAILED', `${e.constructor.name}: ${e.message}`.slice(0, 200)]);
    return undefined;
  }
}

async function fails(name, kind, f) {
  await pause(3);
  try {
    const result = await f();
    rows.push([`${name} → ${kind.name}`, 'FAILED', 'no error: ' + JSON.stringify(result).slice(0, 150)]);
  } catch (e) {
    const right = e.constructor === kind;
    rows.push([`${name} → ${kind.name}`, right ? 'passed' : 'FAILED', right ? '' : `${e.constructor.name}: ${e.message}`.slice(0, 200)]);
  }
}

const near = (a, b) => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(b));

// The public market.
await call('loadMarkets', () => kraken.loadMarkets(), (m) => {
  const x = m[pair];
  return x.id === 'XXBTZCAD' && x.active && x.spot && x.precision.price === 0.1 && x.precision.amount === 1e-8 && x.limits.amount.min === 0.0001 && x.limits.cost.min === 0.5;
});
await call('fetchCurrencies', () => kraken.fetchCurrencies(), (c) => c.BTC.id === 'XXBT' && c.CAD.id === 'ZCAD');
await call('fetchTime', () => kraken.fetchTime(), (t) => Math.abs(t - Date.now()) < 5000);
await call('fetchStatus', () => kraken.fetchStatus(), (s) => s.status === 'ok');
const ticker = await call('fetchTicker', () => kraken.fetchTicker(pair), (t) => t.bid > 0 && t.bid < t.ask && t.last > 0 && t.baseVolume > 0 && t.vwap > 0);
await call('fetchTickers', () => kraken.fetchTickers([pair]), (t) => t[pair].last > 0);
await call('fetchOrderBook', () => kraken.fetchOrderBook(pair, 10), (b) => b.bids.length === 10 && b.asks.length === 10 && b.bids[0][0] < b.asks[0][0]);
await call('fetchOHLCV', () => kraken.fetchOHLCV(pair, '1m'), (o) => o.length > 700 && o.every((r, i) => i === 0 || r[0] === o[i - 1][0] + 60000) && o.at(-1)[4] > 0);
await call('fetchOHLCV since', () => kraken.fetchOHLCV(pair, '1m', Date.now() - 600000), (o) => o.length >= 9 && o.length <= 12);
await call('fetchTrades', () => kraken.fetchTrades(pair), (t) => t.length > 50 && t.every((x) => x.price > 0 && x.amount > 0 && (x.side === 'buy' || x.side === 'sell') && x.id));

// The account.
const before = await call('fetchBalance', () => kraken.fetchBalance(), (b) => b.CAD.free > 0 && b.BTC.total > 0 && b.CAD.used === 0);
await call('fetchTradingFee', () => kraken.fetchTradingFee(pair), (f) => f.taker > 0 && f.maker > 0 && f.maker <= f.taker);
await call('fetchDepositsOrLedger: fetchLedger', () => kraken.fetchLedger(), (l) => l.length > 0 && l[0].amount > 0 && l[0].after > 0);

// Orders of every type that the adapter can send.
const low = Math.round(ticker.bid * 0.5), high = Math.round(ticker.ask * 2);
const opened = [];
const place = async (name, type, side, amount, price, params, kind = undefined) => {
  const o = await call(name, () => kraken.createOrder(pair, type, side, amount, price, params), (x) => typeof x.id === 'string' && x.id[0] === 'O' && x.symbol === pair && x.side === side && near(x.amount, amount));
  if (o) {
    opened.push(o.id);
    await call(`${name}: fetchOrder`, () => kraken.fetchOrder(o.id), (x) => x.status === 'open' && x.symbol === pair && x.side === side && near(x.amount, amount) && (kind === undefined || x.type === kind));
  }
  return o;
};
const limit = await place('createOrder limit buy', 'limit', 'buy', 0.01, low, { clientOrderId: 'conform-1' }, 'limit');
await place('createOrder limit sell', 'limit', 'sell', 0.01, high, {}, 'limit');
await place('createOrder post-only', 'limit', 'buy', 0.01, low, { postOnly: true });
await place('createOrder stop-loss', 'market', 'sell', 0.01, undefined, { stopLossPrice: low });
await place('createOrder take-profit', 'market', 'sell', 0.01, undefined, { takeProfitPrice: high });
await place('createOrder stop-loss-limit', 'limit', 'sell', 0.01, low - 10, { stopLossPrice: low });
await place('createOrder take-profit-limit', 'limit', 'sell', 0.01, high - 10, { takeProfitPrice: high });
await place('createOrder trailing-stop amount', 'market', 'sell', 0.01, undefined, { trailingAmount: '5000' });
await place('createOrder trailing-stop percent', 'market', 'sell', 0.01, undefined, { trailingPercent: '20' });
await place('createOrder GTD', 'limit', 'buy', 0.01, low, { timeInForce: 'GTD', expiretm: '+600' });
await place('createOrder iceberg', 'iceberg', 'buy', 0.1, low, { displayvol: '0.02', price: low });
await place('createOrder userref', 'limit', 'buy', 0.01, low, { userref: 77 });
await call('createOrder IOC', () => kraken.createOrder(pair, 'limit', 'buy', 0.01, low, { timeInForce: 'IOC' }), (o) => o.id[0] === 'O');
await call('fetchOpenOrders', () => kraken.fetchOpenOrders(pair), (l) => l.length === opened.length && l.every((o) => o.status === 'open' && opened.includes(o.id)));
await call('fetchBalance with holds', () => kraken.fetchBalance(), (b) => b.CAD.used > 0 && b.BTC.used > 0 && near(b.CAD.total, before.CAD.total));
await call('fetchOrdersByIds', () => kraken.fetchOrdersByIds(opened.slice(0, 3), pair), (l) => l.length === 3);

// Market orders and what they leave.
const bought = await call('createOrder market buy', () => kraken.createOrder(pair, 'market', 'buy', 0.02), (o) => o.id[0] === 'O');
const filled = await call('fetchOrder filled', () => kraken.fetchOrder(bought.id), (o) => o.status === 'closed' && near(o.filled, 0.02) && o.average > 0 && o.fee.cost > 0 && o.fee.currency === 'CAD' && near(o.cost, o.average * o.filled));
await call('fetchOrderTrades', () => kraken.fetchOrderTrades(bought.id, pair, undefined, undefined, { trades: filled.info.trades }), (t) => t.length >= 1 && near(t.reduce((s, x) => s + x.amount, 0), 0.02));
await call('createMarketBuyOrderWithCost', () => kraken.createMarketBuyOrderWithCost(pair, 500), (o) => o.id[0] === 'O');
await call('createOrder market sell', () => kraken.createOrder(pair, 'market', 'sell', 0.01), (o) => o.id[0] === 'O');
await call('fetchMyTrades', () => kraken.fetchMyTrades(pair), (t) => t.length >= 3 && t.every((x) => x.symbol === pair && x.price > 0 && x.fee.cost > 0 && x.order[0] === 'O' && x.id[0] === 'T'));
await call('fetchClosedOrders', () => kraken.fetchClosedOrders(pair), (l) => l.some((o) => o.id === bought.id && o.status === 'closed') && l.some((o) => o.status === 'canceled'));
await call('fetchLedger after trades', () => kraken.fetchLedger('CAD'), (l) => l.some((x) => x.type === 'trade' && x.fee.cost > 0));

// Changes.
await call('editOrder', () => kraken.editOrder(limit.id, pair, 'limit', 'buy', 0.02, low + 10), (o) => typeof o.id === 'string');
await call('fetchOrder after editOrder', () => kraken.fetchOrder(limit.id), (o) => near(o.amount, 0.02) && near(o.price, low + 10));
await call('cancelOrder', () => kraken.cancelOrder(opened[1]), (o) => o !== undefined);
await call('cancelOrder by clientOrderId', () => kraken.cancelOrder(undefined, pair, { clientOrderId: 'conform-1' }), (o) => o !== undefined);
await call('fetchOrder cancelled', () => kraken.fetchOrder(opened[1]), (o) => o.status === 'canceled');
const batch = await call('createOrders', () => kraken.createOrders([
  { symbol: pair, type: 'limit', side: 'buy', amount: 0.01, price: low },
  { symbol: pair, type: 'limit', side: 'sell', amount: 0.01, price: high },
]), (l) => l.length === 2 && l.every((o) => o.id[0] === 'O'));
await call('cancelOrders', () => kraken.cancelOrders(batch.map((o) => o.id), pair), (l) => l !== undefined);
await call('cancelAllOrdersAfter', () => kraken.cancelAllOrdersAfter(60000), (r) => r.result.triggerTime > r.result.currentTime);
await call('cancelAllOrdersAfter off', () => kraken.cancelAllOrdersAfter(0), (r) => r.result !== undefined);
await call('cancelAllOrders', () => kraken.cancelAllOrders(), (l) => l !== undefined);
await call('fetchOpenOrders empty', () => kraken.fetchOpenOrders(pair), (l) => l.length === 0);
await call('fetchPositions', () => kraken.fetchPositions(), (l) => l.length === 0);

// Errors arrive as the class that the adapter has for them.
await fails('createOrder of 1000 BTC', ccxt.InsufficientFunds, () => kraken.createOrder(pair, 'limit', 'sell', 1000, high));
await fails('createOrder below ordermin', ccxt.InvalidOrder, () => kraken.privatePostAddOrder({ pair: 'XXBTZCAD', type: 'buy', ordertype: 'limit', price: low, volume: '0.00001' }));
await fails('cancelOrder unknown', ccxt.OrderNotFound, () => kraken.cancelOrder('OAAAAA-AAAAA-AAAAAA'));
await fails('fetchOrder unknown', ccxt.InvalidOrder, () => kraken.fetchOrder('OAAAAA-AAAAA-AAAAAA'));
await fails('a bad volume', ccxt.InvalidOrder, () => kraken.privatePostAddOrder({ pair: 'XXBTZCAD', type: 'buy', ordertype: 'limit', price: low, volume: 'x' }));
await fails('an unknown key', ccxt.AuthenticationError, () => client('nobody', secret).fetchBalance());
await fails('an old nonce', ccxt.InvalidNonce, () => { const x = client(key, secret); x.nonce = () => 1; return x.fetchBalance(); });
await fails('a key without the permission', ccxt.PermissionDenied, () => kraken.privatePostWithdrawMethods({}));
await fails('a call without its arguments', ccxt.BadRequest, () => kraken.publicGetDepth({}));
await fails('a pair that is not there', ccxt.ExchangeError, () => kraken.publicGetTicker({ pair: 'NOSUCH' }));
await fails('an asset that is not there', ccxt.BadSymbol, () => kraken.publicGetAssets({ asset: 'NOSUCH' }));
await fails('an unknown method', ccxt.ExchangeError, () => kraken.fetch2('NoSuch', 'public', 'GET'));
const limited = client(key, secret, limitedURL);
await fails('a flood of calls', ccxt.DDoSProtection, async () => {
  for (let i = 0; i < 40; i++) { await pause(2); await limited.fetchBalance(); }
});
await fails('a flood of orders', ccxt.DDoSProtection, async () => {
  for (let i = 0; i < 200; i++) { await pause(2); await limited.privatePostAddOrder({ pair: 'XXBTZCAD', type: 'buy', ordertype: 'limit', price: low, volume: '0.00001', validate: 'true' }).catch((e) => { if (!(e instanceof ccxt.InvalidOrder)) throw e; }); }
});
await fails('wrong signatures until the lockout', ccxt.DDoSProtection, async () => {
  const wrong = client(key, 'AAAA', limitedURL);
  for (let i = 0; i < 12; i++) { await pause(2); await wrong.fetchBalance().catch((e) => { if (!(e instanceof ccxt.ExchangeError)) throw e; }); }
});

const width = Math.max(...rows.map((r) => r[0].length));
for (const [name, state, why] of rows) console.log(`${name.padEnd(width)}  ${state}${why && '  ' + why}`);
const failed = rows.filter((r) => r[1] !== 'passed').length;
const version = JSON.parse(readFileSync(new URL('./node_modules/ccxt/package.json', import.meta.url))).version;
console.log(`\nccxt ${version}, REST: ${rows.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
