// Answers requests about age files with the age project's own library.
//
// Standard input: a JSON list of requests. Standard output: the list of answers, one each:
//   {do: "identity", kind}                      -> {identity, recipient}
//   {do: "recipient", identity}                 -> {recipient}
//   {do: "encrypt", to: [...], plaintext}       -> {file}
//   {do: "lock", passphrase, workFactor, plaintext} -> {file}
//   {do: "decrypt", identity | passphrase, file}    -> {plaintext} or {refused}
//   {do: "header", identity, header}            -> {fileKey} or {refused}
// Bytes are base64.

import { Decrypter, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from "age-encryption";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (data) => Buffer.from(data).toString("base64");

function opener({ identity, passphrase }) {
  const decrypter = new Decrypter();
  if (identity !== undefined) decrypter.addIdentity(identity);
  if (passphrase !== undefined) decrypter.addPassphrase(passphrase);
  return decrypter;
}

const verbs = {
  async identity({ kind }) {
    const identity = await (kind === "hybrid" ? generateHybridIdentity() : generateX25519Identity());
    return { identity, recipient: await identityToRecipient(identity) };
  },
  async recipient({ identity }) {
    return { recipient: await identityToRecipient(identity) };
  },
  async encrypt({ to, plaintext }) {
    const encrypter = new Encrypter();
    for (const recipient of to) encrypter.addRecipient(recipient);
    return { file: text(await encrypter.encrypt(bytes(plaintext))) };
  },
  async lock({ passphrase, workFactor, plaintext }) {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(workFactor);
    return { file: text(await encrypter.encrypt(bytes(plaintext))) };
  },
  async decrypt(request) {
    try {
      return { plaintext: text(await opener(request).decrypt(bytes(request.file))) };
    } catch (error) {
      return { refused: String(error) };
    }
  },
  async header(request) {
    try {
      return { fileKey: text(await opener(request).decryptHeader(bytes(request.header))) };
    } catch (error) {
      return { refused: String(error) };
    }
  },
};

let input = "";
for await (const piece of process.stdin) input += piece;
const answers = [];
for (const request of JSON.parse(input)) answers.push(await verbs[request.do](request));
process.stdout.write(JSON.stringify(answers));
