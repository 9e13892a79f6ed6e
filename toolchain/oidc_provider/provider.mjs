// An OpenID provider for the tests: `node provider.mjs FOLDER OPTIONS`, FOLDER holding node_modules, OPTIONS a JSON
// document: {"port", "keys": [private JWK, ...], "audience", "clients": [{"id", "claims", "seconds", "audience"}, ...]}.
// The first key signs. Each client gets access tokens (RFC 9068) by its id as secret (client_credentials).
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [folder, given] = process.argv.slice(2);
const library = pathToFileURL(resolve(folder, 'node_modules/oidc-provider/lib/index.js'));
const { default: Provider } = await import(library);
const options = JSON.parse(given);
const clients = new Map(options.clients.map((client) => [client.id, client]));

const provider = new Provider(`http://127.0.0.1:${options.port}`, {
  jwks: { keys: options.keys },
  clients: options.clients.map(({ id }) => ({
    client_id: id,
    client_secret: id,
    grant_types: ['client_credentials'],
    id_token_signed_response_alg: options.keys[0].alg,
    redirect_uris: [],
    response_types: [],
  })),
  extraTokenClaims: (_context, token) => clients.get(token.clientId).claims,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:clienteling',
      getResourceServerInfo: (_context, _resource, client) => ({
        scope: 'sales',
        audience: clients.get(client.clientId).audience ?? options.audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: clients.get(client.clientId).seconds ?? 600,
        jwt: { sign: { alg: options.keys[0].alg } },
      }),
    },
  },
});
provider.listen(options.port, '127.0.0.1', () => console.log('listening'));
