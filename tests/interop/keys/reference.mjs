// Reads one JSON request from stdin and answers with what ethers says about keys.
//   {"keystores": [{"json", "passphrase"}], "words": [...]}  ->  {"keys": [...], "entropies": [...]}
//   {"encrypt": {"privateKey", "passphrase"}}                ->  {"keystore"}
import { Mnemonic, Wallet, decryptKeystoreJson, encryptKeystoreJson } from "ethers";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const request = JSON.parse(Buffer.concat(chunks).toString());

const keys = [];
for (const { json, passphrase } of request.keystores ?? []) {
  const { address, privateKey } = await decryptKeystoreJson(json, passphrase);
  keys.push({ address, privateKey });
}
const entropies = (request.words ?? []).map((words) => Mnemonic.fromPhrase(words).entropy);
let keystore = null;
if (request.encrypt) {
  const { privateKey, passphrase } = request.encrypt;
  const account = { address: new Wallet(privateKey).address, privateKey };
  keystore = await encryptKeystoreJson(account, passphrase, { scrypt: { N: 1024 } });
}
process.stdout.write(JSON.stringify({ keys, entropies, keystore }));
