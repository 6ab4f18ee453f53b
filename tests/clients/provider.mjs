// An OpenID provider that is not ours, certified and widely used, for `fedctl verify` to judge.
//
// ISSUER is what it calls itself; CLIENTS are the clients that it knows, as JSON. The argument is where the library is. It prints
// its address.

import http from 'node:http';
import { pathToFileURL } from 'node:url';

const { default: Provider } = await import(pathToFileURL(process.argv[2]));
const provider = new Provider(process.env.ISSUER, { clients: JSON.parse(process.env.CLIENTS) });
const server = http.createServer(provider.callback());
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
