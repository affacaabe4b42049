#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace weir::test {

/// A directory that goes away with the test.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

using key_pointer = std::shared_ptr<EVP_PKEY>;
using certificate_pointer = std::shared_ptr<X509>;

/// A certificate and its key, made at run time: nothing to commit, nothing to expire.
struct identity {
  certificate_pointer certificate;
  key_pointer key;
};

/// What a certificate says.
struct certificate_request {
  std::string names;  ///< subjectAltName: "DNS:localhost,IP:127.0.0.1"
  long valid_from = -3600;
  long valid_until = 3600;  ///< both in seconds from now
};

/// An authority of its own, with the file that makes a client trust it.
class certificate_authority {
 public:
  certificate_authority() : self_(make({}, nullptr)) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(ca_file().c_str(), "w"),
                                                              &std::fclose);
    if (!out || PEM_write_X509(out.get(), self_.certificate.get()) != 1)
      throw std::runtime_error("cannot write " + ca_file());
  }

  [[nodiscard]] std::string ca_file() const { return directory_.file("ca.pem"); }
  [[nodiscard]] identity issue(const certificate_request& r) const { return make(r, &self_); }

 private:
  static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), &X509_EXTENSION_free);
    if (!extension) throw std::runtime_error("bad extension: " + value);
    X509_add_ext(certificate, extension.get(), -1);
  }

  [[nodiscard]] static identity make(const certificate_request& r, const identity* issuer) {
    static long serial = 0;
    const key_pointer key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
    const certificate_pointer made(X509_new(), &X509_free);
    X509* const c = made.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c), r.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(c), r.valid_until);
    X509_set_pubkey(c, key.get());
    const std::string name =
        (issuer == nullptr ? "weir test authority " : "weir test server ") + std::to_string(serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const signer = issuer == nullptr ? c : issuer->certificate.get();
    X509_set_issuer_name(c, X509_get_subject_name(signer));
    if (issuer == nullptr) {
      extend(c, signer, NID_basic_constraints, "critical,CA:TRUE");
      extend(c, signer, NID_key_usage, "critical,keyCertSign");
    } else if (!r.names.empty()) {
      extend(c, signer, NID_subject_alt_name, r.names);
    }
    if (X509_sign(c, issuer == nullptr ? key.get() : issuer->key.get(), EVP_sha256()) == 0)
      throw std::runtime_error("cannot sign a certificate");
    return {made, key};
  }

  temporary_directory directory_;
  identity self_;
};

/// Writes a certificate and its key as PEM, the key with a passphrase unless that is "".
inline void write_pem(const identity& who, const std::string& certificate_file,
                      const std::string& key_file, const std::string& passphrase = "") {
  using file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  const file certificate(std::fopen(certificate_file.c_str(), "w"), &std::fclose);
  const file key(std::fopen(key_file.c_str(), "w"), &std::fclose);
  const auto* const word = reinterpret_cast<const unsigned char*>(passphrase.data());
  const EVP_CIPHER* const cipher = passphrase.empty() ? nullptr : EVP_aes_128_cbc();
  if (!certificate || !key || PEM_write_X509(certificate.get(), who.certificate.get()) != 1 ||
      PEM_write_PrivateKey(key.get(), who.key.get(), cipher, word,
                           static_cast<int>(passphrase.size()), nullptr, nullptr) != 1)
    throw std::runtime_error("cannot write " + certificate_file);
}

}  // namespace weir::test
