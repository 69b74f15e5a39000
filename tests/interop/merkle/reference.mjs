// Reads one JSON request from stdin and answers with what the JavaScript reference packages say.
//   {"trees": [[[patient, inner], ...], ...]}  ->  {"trees": [{"root", "proofs"}, ...]}
//   {"leaves": [{category, recordId, ...}, ...]}  ->  {"leaves": [{"text", "inner", "leaf"}, ...]}
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, keccak256 } from "ethers";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const request = JSON.parse(Buffer.concat(chunks).toString());
const abi = AbiCoder.defaultAbiCoder();
const hash = (types, values) => keccak256(abi.encode(types, values));

const trees = (request.trees ?? []).map((values) => {
  const tree = StandardMerkleTree.of(values, ["address", "bytes32"]);
  return { root: tree.root, proofs: values.map((_, index) => tree.getProof(index)) };
});
const leaves = (request.leaves ?? []).map((each) => {
  const text = hash(
    ["uint8", "bytes32", "uint32", "bytes32", "bytes32"],
    [each.category, each.recordId, each.version, each.textDigest, each.salt],
  );
  const inner = hash(["bytes32", "bytes32", "bytes32"], [each.bodyDigest, each.previousLeaf, text]);
  const leaf = keccak256(hash(["address", "bytes32"], [each.patient, inner]));
  return { text, inner, leaf };
});
process.stdout.write(JSON.stringify({ trees, leaves }));
