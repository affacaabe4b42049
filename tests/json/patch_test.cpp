#include "weir/json/patch.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "weir/json/reader.h"

namespace weir::json {
namespace {

TEST(Patch, EditsTheMembersAndLeavesEveryOtherByte) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::function<void(patch&, value)> edit;
    std::string_view want;
  };
  const test_case cases[] = {
      {"nothing", R"( {"a" : 1} )", [](patch&, value) {}, R"( {"a" : 1} )"},
      {"replace", R"({"a" : 1 ,"b":2e0})", [](patch& p, value v) { p.replace(v["a"], "[2]"); },
       R"({"a" : [2] ,"b":2e0})"},
      {"replace deep inside", R"({"a":{"b":[0,1,2]}})",
       [](patch& p, value v) { p.replace(v["a"]["b"].at(1), "\"x\""); },
       R"({"a":{"b":[0,"x",2]}})"},
      {"replace the document", R"( [1] )", [](patch& p, value v) { p.replace(v, "{}"); },
       R"( {} )"},
      {"insert", R"({"a":1 })", [](patch& p, value v) { p.insert(v, "b", "2"); },
       R"({"a":1,"b":2 })"},
      {"insert into an empty object", R"({"a":{}})",
       [](patch& p, value v) { p.insert(v["a"], "b", "2"); }, R"({"a":{"b":2}})"},
      {"insert into an empty object with space", "{ }",
       [](patch& p, value v) { p.insert(v, "b", "2"); }, R"({"b":2 })"},
      {"inserts keep their order", R"({"a":1})",
       [](patch& p, value v) {
         p.insert(v, "c", "2");
         p.insert(v, "b", "3");
       },
       R"({"a":1,"c":2,"b":3})"},
      {"an inserted key is escaped", "{}", [](patch& p, value v) { p.insert(v, "a\"\n", "1"); },
       R"({"a\"\n":1})"},
      {"remove the only member", R"({ "a":1 })", [](patch& p, value v) { p.remove(v, "a"); },
       R"({  })"},
      {"remove the first", R"({ "a":1 , "b":2 })", [](patch& p, value v) { p.remove(v, "a"); },
       R"({ "b":2 })"},
      {"remove the middle", R"({"a":1, "b":2 , "c":3})",
       [](patch& p, value v) { p.remove(v, "b"); }, R"({"a":1 , "c":3})"},
      {"remove the last", R"({"a":1 , "b":2 })", [](patch& p, value v) { p.remove(v, "b"); },
       R"({"a":1 })"},
      {"remove every repetition", R"({"a":1,"b":2,"a":3,"\u0061":4})",
       [](patch& p, value v) { p.remove(v, "a"); }, R"({"b":2})"},
      {"remove all one by one", R"({"a":1,"b":2,"c":3})",
       [](patch& p, value v) {
         p.remove(v, "b");
         p.remove(v, "c");
         p.remove(v, "a");
       },
       R"({})"},
      {"remove the first two", R"({"a":1,"b":2,"c":3})",
       [](patch& p, value v) {
         p.remove(v, "a");
         p.remove(v, "b");
       },
       R"({"c":3})"},
      {"remove what is not there", R"({"a":{"b":1}})", [](patch& p, value v) { p.remove(v, "b"); },
       R"({"a":{"b":1}})"},
      {"remove all and insert", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.remove(v, "a");
         p.insert(v, "c", "3");
         p.remove(v, "b");
       },
       R"({"c":3})"},
      {"remove the last and insert", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.insert(v, "c", "3");
         p.remove(v, "b");
       },
       R"({"a":1,"c":3})"},
      {"remove the first and insert", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.insert(v, "c", "3");
         p.remove(v, "a");
       },
       R"({"b":2,"c":3})"},
      {"replace one and remove its neighbours", R"({"a":1,"b":2,"c":3})",
       [](patch& p, value v) {
         p.remove(v, "c");
         p.replace(v["b"], "9");
         p.remove(v, "a");
       },
       R"({"b":9})"},
      {"replace the last and insert", R"({"a":1})",
       [](patch& p, value v) {
         p.insert(v, "b", "2");
         p.replace(v["a"], "9");
       },
       R"({"a":9,"b":2})"},
      {"set what is there", R"({"a":1,"b":2})", [](patch& p, value v) { p.set(v, "a", "true"); },
       R"({"a":true,"b":2})"},
      {"set what is not there", R"({"a":1})", [](patch& p, value v) { p.set(v, "b", "2"); },
       R"({"a":1,"b":2})"},
      {"set a repeated key", R"({"a":1,"b":2,"a":3,"c":4})",
       [](patch& p, value v) { p.set(v, "a", "9"); }, R"({"b":2,"a":9,"c":4})"},
      {"set twice", R"({"a":1})",
       [](patch& p, value v) {
         p.set(v, "a", "2");
         p.set(v, "a", "3");
       },
       R"({"a":3})"},
      {"set a new key twice", R"({})",
       [](patch& p, value v) {
         p.set(v, "a", "2");
         p.set(v, "a", "3");
       },
       R"({"a":3})"},
      {"set, then remove", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.set(v, "a", "2");
         p.remove(v, "a");
       },
       R"({"b":2})"},
      {"set a new key, then remove it", R"({"b":2})",
       [](patch& p, value v) {
         p.set(v, "a", "2");
         p.remove(v, "a");
       },
       R"({"b":2})"},
      {"remove, then set", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.remove(v, "a");
         p.set(v, "a", "3");
       },
       R"({"a":3,"b":2})"},
      {"replace, then replace again", R"([1])",
       [](patch& p, value v) {
         p.replace(v.at(0), "2");
         p.replace(v.at(0), "3");
       },
       R"([3])"},
      {"edits inside a removed value are lost with it", R"({"a":{"x":1},"b":2})",
       [](patch& p, value v) {
         p.set(v["a"], "x", "2");
         p.insert(v["a"], "y", "3");
         p.remove(v, "a");
       },
       R"({"b":2})"},
      {"edits inside a replaced value are lost with it", R"({"a":{"x":1},"b":2})",
       [](patch& p, value v) {
         p.set(v, "a", "0");
         p.set(v["a"], "x", "2");
         p.remove(v["a"], "x");
       },
       R"({"a":0,"b":2})"},
      {"a key is a value too", R"({ "a" : 1})",
       [](patch& p, value v) { p.replace((*v.members().begin()).key, R"("z")"); }, R"({ "z" : 1})"},
      {"a new name is lost with its member", R"({"a":1,"b":2})",
       [](patch& p, value v) {
         p.replace((*v.members().begin()).key, R"("z")");
         p.remove(v, "a");
       },
       R"({"b":2})"},
      {"edits on two levels", R"({"a":{"x":1},"b":[{},{"y":2}]})",
       [](patch& p, value v) {
         p.set(v, "c", "3");
         p.set(v["a"], "x", "9");
         p.insert(v["b"].at(0), "z", "0");
         p.remove(v["b"].at(1), "y");
       },
       R"({"a":{"x":9},"b":[{"z":0},{}],"c":3})"},
      {"what surrounds the document stays", "\r\n{\"a\":1} {\"a\":1}",
       [](patch& p, value v) { p.set(v, "a", "2"); }, "\r\n{\"a\":2} {\"a\":1}"},
      {"spelling of untouched members stays", "{\"\\u0061\" :1.0e+0,\"m\":\"x\"}",
       [](patch& p, value v) { p.set(v, "m", "\"y\""); }, "{\"\\u0061\" :1.0e+0,\"m\":\"y\"}"},
  };
  for (const test_case& c : cases) {
    reader r;
    ASSERT_EQ(r.parse(c.text), reader::status::ok) << c.name;
    patch p(c.text);
    EXPECT_TRUE(p.empty()) << c.name;
    c.edit(p, r.root());
    EXPECT_EQ(p.apply(), c.want) << c.name;
    EXPECT_EQ(p.apply(), c.want) << c.name << ", the second time";
    EXPECT_EQ(p.empty(), c.name == "nothing") << c.name;
  }
}

TEST(Patch, HandlesMayGoBeforeApply) {
  const std::string text = R"({"a":1,"b":{"c":2}})";
  reader r;
  ASSERT_EQ(r.parse(text), reader::status::ok);
  patch p(text);
  p.set(r.root()["b"], "c", "3");
  p.remove(r.root(), "a");
  ASSERT_EQ(r.parse("[]"), reader::status::ok);
  EXPECT_EQ(p.apply(), R"({"b":{"c":3}})");
}

/// The reference: a list of members, edited by the words of the header.
struct model_member {
  std::string key;
  std::string json;
  bool original;
  bool removed;
};

class model {
 public:
  void original(std::string key, std::string json) {
    members_.push_back({std::move(key), std::move(json), true, false});
  }
  void insert(const std::string& key, const std::string& json) {
    members_.push_back({key, json, false, false});
  }
  void remove(const std::string& key) {
    for (model_member& m : members_) m.removed = m.removed || m.key == key;
  }
  void set(const std::string& key, const std::string& json) {
    remove(key);
    model_member* last = nullptr;
    for (model_member& m : members_) {
      if (m.original && m.key == key) last = &m;
    }
    if (last == nullptr) return insert(key, json);
    last->json = json;
    last->removed = false;
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const model_member& m : members_) {
      if (!m.removed) out += m.key + "=" + m.json + ";";
    }
    return out;
  }

 private:
  std::vector<model_member> members_;
};

TEST(PatchProperty, AnyEditsOfAnyObjectGiveWhatAMemberListGives) {
  static const std::vector<std::string> keys = {"a", "b", "c", "d"};
  static const std::vector<std::string> values = {"1", "\"x, y\"", "[1, 2]", "{\"a\": 0}", "null"};
  static const std::vector<std::string> spaces = {"", "", " ", "\n", " \t"};
  EXPECT_TRUE(rc::check([] {
    const auto key = [] { return *rc::gen::elementOf(keys); };
    const auto json = [] { return *rc::gen::elementOf(values); };
    const auto space = [] { return *rc::gen::elementOf(spaces); };

    model want;
    std::string object = "{" + space();
    const auto count = *rc::gen::inRange(0, 6);
    for (int i = 0; i < count; ++i) {
      const std::string k = key();
      const std::string v = json();
      want.original(k, v);
      object +=
          (i > 0 ? "," + space() : "") + "\"" + k + "\"" + space() + ":" + space() + v + space();
    }
    object += "}";
    const std::string before = "[ {\"a\":1}," + space();
    const std::string behind = space() + ", {\"a\" : 2}]";
    const std::string text = before + object + behind;

    reader r;
    RC_ASSERT(r.parse(text) == reader::status::ok);
    const value target = r.root().at(1);
    patch p(text);
    const auto edits = *rc::gen::inRange(0, 6);
    for (int i = 0; i < edits; ++i) {
      const std::string k = key();
      const std::string v = json();
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          want.insert(k, v);
          p.insert(target, k, v);
          break;
        case 1:
          want.remove(k);
          p.remove(target, k);
          break;
        default:
          want.set(k, v);
          p.set(target, k, v);
      }
    }
    const std::string got = p.apply();
    RC_ASSERT(got.starts_with(before) && got.ends_with(behind));
    RC_ASSERT(r.parse(got) == reader::status::ok);
    std::string seen;
    for (const value::member m : r.root().at(1).members()) {
      seen += m.key.decoded() + "=" + std::string(m.val.raw()) + ";";
    }
    RC_ASSERT(seen == want.text());
    if (edits == 0) RC_ASSERT(got == text);
  }));
}

}  // namespace
}  // namespace weir::json
