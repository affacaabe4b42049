#include "net/address_order.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::net {
namespace {

std::string ordered(const std::vector<std::string>& hosts) {
  address_list addresses;
  for (const std::string& host : hosts) addresses.push_back(*socket_address::from_literal(host));
  std::string out;
  for (const socket_address& a : interleaved(addresses)) out += a.host() + ' ';
  return out;
}

TEST(AddressOrder, FamiliesTakeTurnsAndEachKeepsItsOrder) {
  EXPECT_EQ("", ordered({}));
  EXPECT_EQ("::1 ", ordered({"::1"}));
  EXPECT_EQ("::1 10.0.0.1 ::2 10.0.0.2 ::3 ",
            ordered({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ("10.0.0.1 ::1 10.0.0.2 ", ordered({"10.0.0.1", "10.0.0.2", "::1"}));
}

}  // namespace
}  // namespace weir::net
