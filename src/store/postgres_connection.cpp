#include "store/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace weir::store {
namespace {

failure about(std::string_view what) { return {"postgresql: " + std::string(what)}; }

/// libpq ends its messages with a line feed and may say several lines.
std::string one_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::size_t touched_by(PGresult* r) {
  const std::string_view told = PQcmdTuples(r);
  std::size_t count = 0;
  std::from_chars(told.data(), told.data() + told.size(), count);
  return count;
}

bool is_good(ExecStatusType status) {
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC;
}

}  // namespace

void postgres_parameters::clear() {
  bytes_.clear();
  begins_.clear();
}

void postgres_parameters::text(std::string_view v) {
  begins_.emplace_back(bytes_.size());
  bytes_ += v;
  bytes_ += '\0';
}

const std::vector<const char*>& postgres_parameters::pointers() {
  pointers_.clear();
  for (const auto& begin : begins_) pointers_.push_back(begin ? bytes_.data() + *begin : nullptr);
  return pointers_;
}

bool postgres_connection::readable(const std::string& url) {
  char* why = nullptr;
  PQconninfoOption* const options = PQconninfoParse(url.c_str(), &why);
  PQfreemem(why);
  PQconninfoFree(options);
  return options != nullptr;
}

result<std::unique_ptr<postgres_connection>> postgres_connection::connect(
    const std::string& url, const interruption& stop, const ledger_options& how) {
  std::unique_ptr<postgres_connection> made(new postgres_connection(stop, how));
  const char* const names[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
  const char* const values[] = {url.c_str(), "UTF8", "weir", nullptr};
  made->raw_ = PQconnectStartParams(names, values, 1);
  if (made->raw_ == nullptr) return about("out of memory");
  auto connected = made->finish_connecting();
  if (!connected) return connected.error();
  return made;
}

postgres_connection::~postgres_connection() { PQfinish(raw_); }

result<done> postgres_connection::finish_connecting() {
  const clock::time_point until = clock::now() + how_.connect_time;
  if (PQstatus(raw_) == CONNECTION_BAD) return fault();
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return fault();
    auto ready = wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
    if (!ready) return ready;
    state = PQconnectPoll(raw_);
  }
  if (PQsetnonblocking(raw_, 1) != 0) return fault();
  const char* const encoding = PQparameterStatus(raw_, "server_encoding");
  if (encoding == nullptr || std::strcmp(encoding, "UTF8") != 0)
    return about("the encoding of the database has to be UTF8");
  return done{};
}

result<done> postgres_connection::wait(short events, clock::time_point until) {
  for (;;) {
    if (stop_.raised()) return about("interrupted");
    const auto left = std::chrono::ceil<millis>(until - clock::now());
    if (left <= millis{0}) return about("the server does not answer in time");
    pollfd both[] = {{PQsocket(raw_), events, 0}, {stop_.descriptor(), POLLIN, 0}};
    const int ready = ::poll(both, 2, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return about(std::strerror(errno));
    if (ready > 0 && both[0].revents != 0) return done{};
  }
}

/// Until PQgetResult does not block, and what was said to the server is on its way.
result<done> postgres_connection::await_result() {
  const clock::time_point until = clock::now() + how_.answer_time;
  for (;;) {
    const int unsent = PQflush(raw_);
    if (unsent < 0) return fault();
    if (PQisBusy(raw_) == 0) return done{};
    auto ready = wait(static_cast<short>(unsent == 0 ? POLLIN : POLLIN | POLLOUT), until);
    if (!ready) return ready;
    if (PQconsumeInput(raw_) == 0) return fault();
  }
}

result<postgres_connection::owned_result> postgres_connection::next_result() {
  auto ready = await_result();
  if (!ready) return ready.error();
  owned_result got(PQgetResult(raw_), PQclear);
  if (got == nullptr && PQstatus(raw_) == CONNECTION_BAD) return fault();
  if (got != nullptr && !is_good(PQresultStatus(got.get()))) return fault(got.get());
  return got;
}

result<postgres_connection::answer> postgres_connection::gather() {
  answer all;
  for (;;) {
    auto got = next_result();
    if (!got) return got.error();
    PGresult* const r = got->get();
    if (r == nullptr) return all;
    all = {};
    all.touched = touched_by(r);
    for (int row = 0; row < PQntuples(r); ++row) {
      auto& cells = all.rows.emplace_back();
      for (int column = 0; column < PQnfields(r); ++column)
        cells.emplace_back(PQgetvalue(r, row, column),
                           static_cast<std::size_t>(PQgetlength(r, row, column)));
    }
  }
}

result<postgres_connection::answer> postgres_connection::run(const std::string& statements) {
  if (PQsendQuery(raw_, statements.c_str()) == 0) return fault();
  return gather();
}

result<postgres_connection::answer> postgres_connection::run(const sql_statement& statement) {
  struct putter {
    postgres_parameters& to;
    void operator()(std::int64_t v) const { to.number(v); }
    void operator()(const std::string& v) const { to.text(v); }
  };
  postgres_parameters parameters;
  for (const auto& parameter : statement.parameters) std::visit(putter{parameters}, parameter);
  const auto& values = parameters.pointers();
  if (PQsendQueryParams(raw_, statement.text.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0)
    return fault();
  return gather();
}

result<done> postgres_connection::prepare(const char* name, const std::string& statement) {
  if (PQsendPrepare(raw_, name, statement.c_str(), 0, nullptr) == 0) return fault();
  auto prepared = gather();
  if (!prepared) return prepared.error();
  return done{};
}

result<done> postgres_connection::begin_many() {
  if (PQenterPipelineMode(raw_) == 0) return fault();
  return done{};
}

result<done> postgres_connection::add(const char* name, postgres_parameters& parameters) {
  const auto& values = parameters.pointers();
  if (PQsendQueryPrepared(raw_, name, static_cast<int>(values.size()), values.data(), nullptr,
                          nullptr, 0) == 0)
    return fault();
  return done{};
}

result<std::vector<std::size_t>> postgres_connection::end_many() {
  if (PQpipelineSync(raw_) == 0) return fault();
  std::vector<std::size_t> touched;
  for (;;) {
    auto got = next_result();
    if (!got) return got.error();
    if (got->get() == nullptr) continue;  // between the statements
    if (PQresultStatus(got->get()) == PGRES_PIPELINE_SYNC) break;
    touched.push_back(touched_by(got->get()));
  }
  // The server says so only once the transaction is committed.
  if (PQexitPipelineMode(raw_) == 0) return fault();
  return touched;
}

failure postgres_connection::fault() const {
  std::string text = one_line(PQerrorMessage(raw_));
  const std::string_view password = PQpass(raw_) == nullptr ? "" : PQpass(raw_);
  if (!password.empty())
    for (std::size_t at = 0; (at = text.find(password, at)) != std::string::npos;)
      text.replace(at, password.size(), "***"), at += 3;
  return about(text.empty() ? "the connection is lost" : text);
}

failure postgres_connection::fault(const pg_result* told) const {
  const char* const text = PQresultErrorField(told, PG_DIAG_MESSAGE_PRIMARY);
  if (text == nullptr) return fault();
  return about(one_line(text));
}

}  // namespace weir::store
