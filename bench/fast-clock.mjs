// Loaded before the application (node --import): its clock and its intervals run BENCH_CLOCK times as fast, so that
// it takes an hour's samples in a minute. Timeouts keep their pace: they guard work that is as slow as ever.
const factor = Number(process.env.BENCH_CLOCK ?? 1);
const RealDate = Date;
const startedAt = RealDate.now();
const now = () => Math.round(startedAt + (RealDate.now() - startedAt) * factor);

globalThis.Date = class extends RealDate {
  // Next makes a Date of its own of what this one has itself; what it inherits is lost then.
  static UTC = RealDate.UTC;
  static parse = RealDate.parse;
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now() {
    return now();
  }
};

const realSetInterval = globalThis.setInterval;
globalThis.setInterval = (work, everyMs, ...parameters) => realSetInterval(work, everyMs / factor, ...parameters);
