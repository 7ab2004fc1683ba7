/*
 * OpenSMTPD 6.8 of Debian 12 keeps private keys in a process of its own and signs
 * through a stand-in for RSA keys. OpenSSL 3 hands out keys that know nothing of such
 * stand-ins, so that every TLS handshake ends in "missing private key"
 * (github.com/OpenSMTPD/OpenSMTPD/issues/1171). Loaded before libcrypto, this gives
 * the server keys of the older sort, with which it works.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

typedef struct evp_pkey_st key;
typedef struct rsa_st rsa;
typedef struct x509_st certificate;

extern key *EVP_PKEY_new(void);
extern void EVP_PKEY_free(key *);
extern rsa *EVP_PKEY_get1_RSA(key *);
extern int EVP_PKEY_set1_RSA(key *, rsa *);
extern void RSA_free(rsa *);

key *X509_get_pubkey(certificate *c)
{
	key *(*theirs)(certificate *) = dlsym(RTLD_NEXT, "X509_get_pubkey");
	key *modern = theirs(c), *older;
	rsa *r;

	if (modern == NULL || (r = EVP_PKEY_get1_RSA(modern)) == NULL)
		return modern;
	older = EVP_PKEY_new();
	EVP_PKEY_set1_RSA(older, r);
	RSA_free(r);
	EVP_PKEY_free(modern);
	return older;
}
