// Standard-JSON mode of the Solidity compiler, run on the npm `solc` package of this project.
// Reads the input from the file argument or from stdin, resolves imports from disk, writes the output to stdout.
"use strict";

const fs = require("fs");
const path = require("path");

const ROOT = path.resolve(__dirname, "..", "..");

function fail(message) {
  process.stderr.write(`solc.js: ${message}\n`);
  process.exit(1);
}

const folders = [];
let file = "-";
let standardJson = false;
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i++) {
  const [name, inline] = args[i].split(/=(.*)/s);
  const value = () => (inline === undefined ? args[++i] : inline);
  if (name === "--standard-json") standardJson = true;
  else if (name === "--base-path" || name === "--include-path") folders.push(path.resolve(value()));
  else if (name === "--allow-paths") value(); // the lookup below is the only reader of files
  else if (name.startsWith("--")) fail(`unknown option ${args[i]}; only --standard-json is offered`);
  else file = args[i];
}
if (!standardJson) fail("only --standard-json is offered");
folders.push(process.cwd(), ROOT, path.join(ROOT, "node_modules"));

function find(name) {
  for (const folder of folders) {
    const candidate = path.resolve(folder, name);
    if (fs.existsSync(candidate) && fs.statSync(candidate).isFile()) {
      return { contents: fs.readFileSync(candidate, "utf8") };
    }
  }
  return { error: `${name} not found in ${folders.join(", ")}` };
}

let solc;
try {
  solc = require(path.join(ROOT, "node_modules", "solc"));
} catch (error) {
  fail(`the npm package solc is not installed (${error.code}); run npm ci in ${ROOT}`);
}
const input = fs.readFileSync(file === "-" ? 0 : file, "utf8");
// Written in one synchronous call: process.exit would cut a pending write to a pipe.
let output = Buffer.from(solc.compile(input, { import: find }));
while (output.length > 0) {
  try {
    output = output.subarray(fs.writeSync(1, output));
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
