#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/reader.h"
#include "config/tree.h"

namespace weir::config {

/// One key as people and JSON Schema see it.
struct key_info {
  std::string_view name;
  std::string_view meaning;
  std::string_view example;  ///< as it would stand in the file
  bool required = false;
  tree (*schema)() = nullptr;  ///< JSON Schema of its value
};

/// One key of the struct `Owner`: how it is read and shown.
template <class Owner>
struct field : key_info {
  void (*read)(reader& from, const node& value, Owner& into) = nullptr;
  tree (*show)(const Owner& of) = nullptr;
};

/// A mapping with known keys. The table `section_of<Owner>()` is the only list of them.
template <class Owner>
struct section {
  std::string_view name;  ///< in `$defs` of the schema
  std::vector<field<Owner>> fields;
  std::vector<std::pair<std::string_view, std::string_view>> exclusive;  ///< never both
};

/// Specialised in schema.cpp for each struct of the configuration.
template <class Owner>
const section<Owner>& section_of();

/// What holds where nothing is written.
template <class Owner>
Owner defaults() {
  return Owner{};
}

template <class Owner>
Owner read_section(reader& from, const node& value, std::string_view what) {
  const section<Owner>& table = section_of<Owner>();
  Owner out;
  from.for_each_member(value, what, [&](const node& key, const node& member) {
    for (const field<Owner>& f : table.fields) {
      if (f.name != key.text) continue;
      const reader::scope entered(from, f.name);
      f.read(from, member, out);
      return;
    }
    std::vector<std::string> names;
    std::string list;
    for (const field<Owner>& f : table.fields) {
      names.emplace_back(f.name);
      list += (list.empty() ? "" : ", ") + std::string(f.name);
    }
    std::string hint = meant(key.text, names);
    if (hint.empty()) hint = "known here: " + list;
    from.fail_as_written(key.at, "unknown key " + quoted_name(key.text), std::move(hint));
  });
  if (value.is != node::form::mapping) return out;
  for (const field<Owner>& f : table.fields)
    if (f.required && value.find(f.name) == nullptr)
      from.fail(value.at, "'" + std::string(f.name) + "' is missing");
  for (const auto& [one, other] : table.exclusive)
    if (value.find(one) != nullptr && value.find(other) != nullptr)
      from.fail(value.find(other)->at, "only one of '" + std::string(one) + "' and '" +
                                           std::string(other) + "' may be set");
  return out;
}

template <class Owner>
tree show_section(const Owner& of) {
  tree out = tree::of_mapping();
  for (const field<Owner>& f : section_of<Owner>().fields) out.add(f.name, f.show(of));
  return out;
}

/// A field whose value is the member `Member`, read and shown by `Codec`.
template <class Codec, auto Member, class Owner>
void read_member(reader& from, const node& value, Owner& into) {
  into.*Member = Codec::read(from, value);
}
template <class Codec, auto Member, class Owner>
tree show_member(const Owner& of) {
  return Codec::show(of.*Member);
}

template <class Owner, class Codec, auto Member>
field<Owner> key(std::string_view name, std::string_view meaning, std::string_view example) {
  field<Owner> out;
  out.name = name;
  out.meaning = meaning;
  out.example = example;
  out.schema = &Codec::schema;
  out.read = &read_member<Codec, Member, Owner>;
  out.show = &show_member<Codec, Member, Owner>;
  return out;
}
template <class Owner, class Codec, auto Member>
field<Owner> required_key(std::string_view name, std::string_view meaning,
                          std::string_view example) {
  field<Owner> out = key<Owner, Codec, Member>(name, meaning, example);
  out.required = true;
  return out;
}

/// A field that concerns more than one member; `Codec::read(from, value, into)`.
template <class Owner, class Codec>
field<Owner> key_of_owner(std::string_view name, std::string_view meaning,
                          std::string_view example) {
  field<Owner> out;
  out.name = name;
  out.meaning = meaning;
  out.example = example;
  out.schema = &Codec::schema;
  out.read = &Codec::read;
  out.show = &Codec::show;
  return out;
}

}  // namespace weir::config
