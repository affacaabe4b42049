#include "net/address_order.h"

namespace weir::net {

address_list interleaved(const address_list& addresses) {
  address_list first;
  address_list other;
  for (const socket_address& a : addresses)
    (a.family() == addresses.front().family() ? first : other).push_back(a);
  address_list out;
  for (std::size_t i = 0; i < first.size() || i < other.size(); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < other.size()) out.push_back(other[i]);
  }
  return out;
}

}  // namespace weir::net
