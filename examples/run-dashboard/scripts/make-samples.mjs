// Writes the sample data of public/data. The same run gives the same bytes: `npm run samples` after a change here.
import { mkdirSync, writeFileSync } from "node:fs";

const DIRECTORY = new URL("../public/data/", import.meta.url);
const START = Date.UTC(2026, 10, 20);
const INTERVAL_MS = 10 * 60_000;
const INTERVALS = 144;
const TURBINES = 12;

/** Mulberry32: 32 bits of state are plenty for a sample. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = randomNumbers(20261120);
const noise = (amount) => (random() + random() + random() - 1.5) * amount;
const pick = (values) => values[Math.floor(random() * values.length)];
const fixed = (value, digits) => Number(value.toFixed(digits));
const name = (number) => `WT${String(number).padStart(2, "0")}`;

/** What a turbine of 3.6 MW makes of the wind. */
function power(wind) {
  if (wind < 3 || wind > 25) return 0;
  return Math.min(3600, 3600 * ((wind - 3) / 10) ** 2.2);
}

const FIELDS = [
  "timestamp",
  "turbine",
  "wind_speed_ms",
  "rotor_rpm",
  "power_kw",
  "nacelle_temp_c",
  "pitch_deg",
  "state",
];

function measurements() {
  const rows = [];
  for (let interval = 0; interval < INTERVALS; interval++) {
    const hour = interval / 6;
    const base = 8.5 + 3.2 * Math.sin(((hour - 7) / 24) * 2 * Math.PI) + noise(0.8);
    for (let turbine = 1; turbine <= TURBINES; turbine++) {
      const wind = Math.max(0.4, base + (turbine % 4) * 0.35 + noise(1.4));
      const service = turbine === 9 && hour > 9 && hour < 13;
      const curtailed = !service && hour > 15 && hour < 17 && turbine <= 4;
      const state = service ? "service" : curtailed ? "curtailed" : wind < 3 ? "idle" : "running";
      let output = service ? 0 : power(wind) * (curtailed ? 0.6 : 1) * (1 + noise(0.04));
      let temperature = 31 + output / 160 + noise(2);
      // A bearing of WT07 runs hot in the evening, and twice a sensor of WT03 says what cannot be.
      if (turbine === 7 && hour > 19) temperature += 24 + noise(4);
      if (turbine === 3 && (interval === 41 || interval === 97)) output = 9_990;
      rows.push([
        new Date(START + interval * INTERVAL_MS).toISOString(),
        name(turbine),
        fixed(wind, 2),
        fixed(service ? 0 : Math.min(13.5, wind * 1.15 + noise(0.3)), 2),
        fixed(output, 1),
        fixed(temperature, 1),
        fixed(service ? 88 : Math.max(0, wind - 11) * 2.1 + Math.abs(noise(0.6)), 1),
        state,
      ]);
    }
  }
  return rows;
}

function csv(rows) {
  return `${[FIELDS, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

/** What an export looks like after a bad week: gaps, units in numbers, spellings, repeats, torn lines. */
function dirty(rows) {
  const lines = [FIELDS.join(",")];
  for (const row of rows.slice(0, 900)) {
    const cells = row.map(String);
    for (let column = 2; column <= 6; column++) {
      if (random() < 0.4) cells[column] = pick(["", "", "NA", "-"]);
      else if (random() < 0.15) cells[column] = pick(["ERR", "---", `${cells[column]} kW`, "1.2.3", "#REF!"]);
    }
    if (random() < 0.5) cells[7] = pick([cells[7].toUpperCase(), ` ${cells[7]}`, `${cells[7]} `, "Running"]);
    if (random() < 0.4) cells[1] = pick([cells[1].toLowerCase(), ` ${cells[1]}`]);
    if (random() < 0.03) cells[0] = pick(["20.11.2026 4:10", "yesterday", "2026-13-45T00:00:00Z"]);
    const torn = random();
    if (torn < 0.06) cells.pop();
    else if (torn < 0.12) cells.push("", "?");
    lines.push(cells.join(","));
    while (random() < 0.3) lines.push(cells.join(","));
  }
  return `${lines.join("\n")}\n`;
}

function forecast() {
  const records = [];
  for (let hour = 0; hour < 72; hour++) {
    const wind = 9 + 4 * Math.sin(((hour - 5) / 24) * 2 * Math.PI) + noise(1);
    records.push({
      valid_from: new Date(START + hour * 3_600_000).toISOString(),
      wind_speed_ms: fixed(wind, 1),
      gust_ms: fixed(wind * 1.4 + noise(0.8), 1),
      direction_deg: Math.round((240 + 40 * Math.sin(hour / 9) + noise(12)) % 360),
      expected_mwh: fixed((power(wind) * TURBINES) / 1000, 2),
      storm_warning: wind > 12.6,
    });
  }
  return { model: "sample", generated: new Date(START).toISOString(), records };
}

function workOrders() {
  const parts = [
    "pitch bearing",
    "yaw drive",
    "gearbox oil",
    "anemometer",
    "blade 2",
    "transformer",
    "brake",
  ];
  return Array.from({ length: 160 }, (_, index) => {
    const opened = START - Math.floor(random() * 90) * 86_400_000;
    const hours = fixed(1 + random() * 14, 1);
    return {
      order_id: `WO-${4100 + index}`,
      turbine: name(1 + Math.floor(random() * TURBINES)),
      part: pick(parts),
      opened: new Date(opened).toISOString().slice(0, 10),
      hours,
      cost_eur: fixed(hours * (82 + noise(10)) + random() * 900, 2),
      done: random() < 0.8,
    };
  });
}

const rows = measurements();
const files = {
  "turbines.csv": csv(rows),
  "turbines-dirty.csv": dirty(rows),
  "forecast.json": `${JSON.stringify(forecast(), null, 1)}\n`,
  "work-orders.ndjson": `${workOrders()
    .map((order) => JSON.stringify(order))
    .join("\n")}\n`,
};
mkdirSync(DIRECTORY, { recursive: true });
for (const [file, text] of Object.entries(files)) {
  writeFileSync(new URL(file, DIRECTORY), text);
  console.log(`${file}: ${text.length} bytes`);
}
