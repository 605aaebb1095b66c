// What Polars takes for what delimited.lua measures: node delimited_peer.js DIR OUT [ROUNDS]
// NODE_PATH names the folder in which nodejs-polars is.
const pl = require('nodejs-polars').default;
const fs = require('fs');

const [dir, folder, rounds] = process.argv.slice(2);
const out = folder + '/polars.out.csv';

const readFlows = () =>
  pl.concat([0, 1, 2, 3].map((i) => pl.readCSV(`${dir}/flows.${i}.csv`, { hasHeader: false })));
const readQuoted = () => pl.readCSV(dir + '/quoted.csv');
const flows = readFlows(), quoted = readQuoted();
const cases = {
  'read flows': readFlows,
  'read quoted': readQuoted,
  'write flows': () => flows.writeCSV(out),
  'write quoted': () => quoted.writeCSV(out),
};

for (const name in cases) {
  let best = Infinity;
  for (let round = 0; round < (+rounds || 3); round++) {
    const began = process.hrtime.bigint();
    cases[name]();
    best = Math.min(best, Number(process.hrtime.bigint() - began) / 1e9);
  }
  console.log(`polars.${name}\t${best.toFixed(3)}`);
}
fs.unlinkSync(out);
