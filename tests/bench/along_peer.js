// What Polars takes for what along.lua measures, on the rows that it wrote: node along_peer.js STEM [ROUNDS]
// NODE_PATH names the folder in which nodejs-polars is.
const pl = require('nodejs-polars').default;

const col = pl.col, x = col('x');
const rows = pl.readParquet(process.argv[2] + '.parquet', { columns: ['few', 'many', 'x'] });
const asked = {
  lag: x.shift(1),
  rolling: x.rollingMean({ windowSize: 10 }),
  cumsum: x.cumSum(),
  rank: x.rank('min'),
};
const cases = {};
for (const key of ['few', 'many'])
  for (const how in asked) cases[`${how} ${key}`] = asked[how].over(key);
for (const [how, name] of Object.entries({ mean: 'rollingMean', max: 'rollingMax', std: 'rollingStd' }))
  cases[`${how} of 1000`] = x[name]({ windowSize: 1000 });

for (const name in cases) {
  let best = Infinity;
  for (let round = 0; round < (+process.argv[3] || 3); round++) {
    const began = process.hrtime.bigint();
    rows.select(cases[name].alias('r'));
    best = Math.min(best, Number(process.hrtime.bigint() - began) / 1e9);
  }
  console.log(`polars.${name}\t${best.toFixed(3)}`);
}
