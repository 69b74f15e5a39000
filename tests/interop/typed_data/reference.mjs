// Reads one JSON request from stdin and answers with what ethers says about typed data.
//   {"payloads": [{types, domain, message, primaryType}, ...], "privateKey"}
//   ->  {"answers": [{"structHash", "digest", "separator", "signature"}, ...], "address"}
import { TypedDataEncoder, Wallet } from "ethers";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const request = JSON.parse(Buffer.concat(chunks).toString());
const wallet = new Wallet(request.privateKey);

const answers = [];
for (const { types, domain, message, primaryType } of request.payloads) {
  const { EIP712Domain: _, ...structs } = types;
  const encoder = TypedDataEncoder.from(structs);
  if (encoder.primaryType !== primaryType) throw new Error("another primary type");
  answers.push({
    type: encoder.encodeType(primaryType),
    structHash: encoder.hash(message),
    digest: TypedDataEncoder.hash(domain, structs, message),
    separator: TypedDataEncoder.hashDomain(domain),
    signature: await wallet.signTypedData(domain, structs, message),
  });
}
process.stdout.write(JSON.stringify({ answers, address: wallet.address }));
