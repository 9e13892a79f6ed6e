// An OpenID provider for the tests: `node provider.mjs FOLDER OPTIONS`, FOLDER holding node_modules, OPTIONS a JSON
// document: {"port", "keys": [private JWK, ...], "audience", "people": {"name": claims}, "clients": [{"id", "claims",
// "seconds", "audience"}, ...]}. The first key signs. Each client gets access tokens (RFC 9068) by its id as secret
// (client_credentials). One with "redirect_uri" is where people sign in instead, on pages that take any password;
// it is public with "public", and may have "logout_uri" and "back_channel_uri".
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [folder, given] = process.argv.slice(2);
const library = pathToFileURL(resolve(folder, 'node_modules/oidc-provider/lib/index.js'));
const { default: Provider } = await import(library);
const options = JSON.parse(given);
const clients = new Map(options.clients.map((client) => [client.id, client]));

const machine = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
const browser = (client) => ({
  grant_types: ['authorization_code'],
  redirect_uris: [client.redirect_uri],
  response_types: ['code'],
  ...(client.public ? { token_endpoint_auth_method: 'none' } : {}),
  ...(client.logout_uri ? { post_logout_redirect_uris: [client.logout_uri] } : {}),
  ...(client.back_channel_uri
    ? { backchannel_logout_uri: client.back_channel_uri, backchannel_logout_session_required: true }
    : {}),
});

const provider = new Provider(`http://127.0.0.1:${options.port}`, {
  jwks: { keys: options.keys },
  clients: options.clients.map((client) => ({
    client_id: client.id,
    ...(client.public ? {} : { client_secret: client.id }),
    id_token_signed_response_alg: options.keys[0].alg,
    ...(client.redirect_uri ? browser(client) : machine),
  })),
  // Without the dispatcher that keeps it away from loopback, where the tests are.
  fetch: (url, { dispatcher: _, ...request }) => globalThis.fetch(url, request),
  extraTokenClaims: (_context, token) => options.people?.[token.accountId] ?? clients.get(token.clientId).claims,
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: options.clients.some((client) => client.redirect_uri) },
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
