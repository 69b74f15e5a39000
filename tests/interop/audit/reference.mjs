// Reads one JSON request from stdin and answers with what the JavaScript reference packages say.
//   {"receipts": [[digest, ...], ...]}               ->  {"receipts": [{"root", "proofs"}, ...]}
//   {"lines": [[[tag, number, receipt], ...], ...]}  ->  {"lines": [{"root", "proofs"}, ...]}, by ascending tag
//   {"tags": [[key, gateway, patient], ...]}         ->  {"tags": [tag, ...]}
//   {"heads": [[previous, receipts, heads, count]]}  ->  {"heads": [head, ...]}
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, keccak256 } from "ethers";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const request = JSON.parse(Buffer.concat(chunks).toString());
const abi = AbiCoder.defaultAbiCoder();
const hash = (types, values) => keccak256(abi.encode(types, values));
const ZERO = "0x" + "00".repeat(32);
const HIGHEST = "0x" + "ff".repeat(32);

const answer = (values, types) => {
  const tree = StandardMerkleTree.of(values, types);
  return { root: tree.root, proofs: values.map((_, index) => tree.getProof(index)) };
};
const receipts = (request.receipts ?? []).map((digests) =>
  answer(digests.map((digest) => [digest]), ["bytes32"]),
);
const lines = (request.lines ?? []).map((heads) => {
  const sorted = [...heads].sort((one, other) => (BigInt(one[0]) < BigInt(other[0]) ? -1 : 1));
  const tags = [ZERO, ...sorted.map(([tag]) => tag), HIGHEST];
  const states = [ZERO, ...sorted.map(([, number, receipt]) => hash(["uint64", "bytes32"], [number, receipt]))];
  return answer(
    states.map((state, place) => [tags[place], tags[place + 1], state]),
    ["bytes32", "bytes32", "bytes32"],
  );
});
const tags = (request.tags ?? []).map((each) => hash(["bytes32", "address", "address"], each));
const heads = (request.heads ?? []).map((each) => hash(["bytes32", "bytes32", "bytes32", "uint32"], each));
process.stdout.write(JSON.stringify({ receipts, lines, tags, heads }));
