#include "engine/base/code_pages.h"

#include <algorithm>
#include <string>

namespace etl {

const std::vector<CodePage>& code_pages() {
  static const std::vector<CodePage> table = {
      {.code = 101,
       .title = "not YAML",
       .doc = "The file is not YAML. Text that starts with a quote or holds a brace often has to be quoted as a whole.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: 'T' || name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: "'T' || name"
)"},
      {.code = 102,
       .title = "duplicate key",
       .doc = "The same key is written twice in one block; only one of them could count.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
      name: upper(name)
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: upper(name)
)"},
      {.code = 103,
       .title = "anchor, alias or tag",
       .doc = "YAML anchors, aliases and tags are not part of the language: a mapping reads the same from top to bottom.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: &key id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 104,
       .title = "second document",
       .doc = "A mapping is one YAML document.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
---
description: more
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 105,
       .title = "comma that splits an expression",
       .doc = "Inside { } a comma ends the value, so an expression with a comma has to be quoted.",
       .wrong = R"yaml(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: coalesce(name, 'none'), max_length: 40}
)yaml",
       .right = R"yaml(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: "coalesce(name, 'none')", max_length: 40}
)yaml"},
      {.code = 110,
       .title = "block expected",
       .doc = "A block of keys has to stand here.",
       .wrong = R"(settings: fast
)",
       .right = R"(settings: {batch: 500}
)"},
      {.code = 111,
       .title = "unknown key",
       .doc = "The block has no such key; the nearest one is proposed.",
       .wrong = R"(desciption: Teams
)",
       .right = R"(description: Teams
)"},
      {.code = 112,
       .title = "missing key",
       .doc = "A key that the block needs is not written.",
       .wrong = R"(tables:
  teams:
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 113,
       .title = "wrong kind of value",
       .doc = "The value is not of the kind that the key takes, or not one of its choices.",
       .wrong = R"(settings: {batch: many}
)",
       .right = R"(settings: {batch: 500}
)"},
      {.code = 114,
       .title = "null among texts",
       .doc = "YAML reads a bare null as nothing, so it cannot stand in a list of texts. Quote it when the word is meant.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql, nulls: ['', null]}
  target: {url: postgresql://localhost/target, schema: target.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql, nulls: ['', 'null']}
  target: {url: postgresql://localhost/target, schema: target.sql}
)"},
      {.code = 115,
       .title = "from and const together",
       .doc = "A field has an expression or a constant, not both.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: name, const: none}
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: name, default: none}
)"},
      {.code = 120,
       .title = "missing file",
       .doc = "A file that the mapping names is not there. Paths are relative to the file they are written in.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: sources.sql}
  target: {url: postgresql://localhost/target, schema: target.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: postgresql://localhost/target, schema: target.sql}
)"},
      {.code = 121,
       .title = "name defined twice",
       .doc = "Two things have one name: in an included file and here, or a converter and a built-in function.",
       .wrong = R"(converters:
  lower: trim
)",
       .right = R"(converters:
  tidy: trim | lower
)"},
      {.code = 122,
       .title = "exactly one of several keys",
       .doc = "Of several keys exactly one has to be written.",
       .wrong = R"(lookups:
  roles: {map: {boss: admin}, file: roles.csv}
)",
       .right = R"(lookups:
  roles: {map: {boss: admin}}
)"},
      {.code = 123,
       .title = "table and lookup of one name",
       .doc = "name[key] could mean either, so a table and a lookup need different names.",
       .wrong = R"(lookups:
  teams: {map: {a: b}}
)",
       .right = R"(lookups:
  team_names: {map: {a: b}}
)"},
      {.code = 124,
       .title = "DDL that cannot be read",
       .doc = "The schema file holds something that is no DDL of its dialect.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: postgresql://localhost/target, schema: broken.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: postgresql://localhost/target, schema: target.sql}
)"},
      {.code = 125,
       .title = "SQL that cannot be read",
       .doc = "SQL of the mapping (query, check, warn, before, after) is read without a database: by PostgreSQL's grammar, or by SQLite itself with the tables of the schema.",
       .wrong = R"(check:
  teams have names: SELEC id FROM teams WHERE name = ''
)",
       .right = R"(check:
  teams have names: SELECT id FROM teams WHERE name = ''
)"},
      {.code = 201,
       .title = "expression syntax",
       .doc = "The expression cannot be read.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: trim(name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: trim(name)
)"},
      {.code = 202,
       .title = "${...} in an expression",
       .doc = "${...} is text that is put in before the mapping is read; in an expression a param keeps values apart from code.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: ${PREFIX}
)",
       .right = R"(params:
  prefix: {type: text, default: T}
tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: $prefix || name
)"},
      {.code = 203,
       .title = "operator after a pipe",
       .doc = "A pipe goes from function to function; a comparison cannot follow it.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    where: name | lower = 'x'
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    where: lower(name) = 'x'
    fields:
      id: id
      name: name
)"},
      {.code = 204,
       .title = "foreign operator",
       .doc = "The operator is of another language; the remedy names ours.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    where: id = 1 && name <> ''
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    where: id = 1 and name != ''
    fields:
      id: id
      name: name
)"},
      {.code = 205,
       .title = "comparison with null",
       .doc = "A comparison with null is never true.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    where: name != null
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    where: name is not null
    fields:
      id: id
      name: name
)"},
      {.code = 301,
       .title = "unknown column",
       .doc = "The source, or the row that a check looks at, has no such column.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: title
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 302,
       .title = "unknown param",
       .doc = "$name is no param of the mapping.",
       .wrong = R"(params:
  since: {type: int, default: 0}
tables:
  teams:
    from: source.teams
    where: id > $sinse
    fields:
      id: id
      name: name
)",
       .right = R"(params:
  since: {type: int, default: 0}
tables:
  teams:
    from: source.teams
    where: id > $since
    fields:
      id: id
      name: name
)"},
      {.code = 303,
       .title = "unknown lookup, table, source or connection",
       .doc = "Nothing of this name can be read from or looked up in.",
       .wrong = R"(tables:
  teams:
    from: sorce.teams
    rest: copy
)",
       .right = R"(tables:
  teams:
    from: source.teams
    rest: copy
)"},
      {.code = 304,
       .title = "number of key values",
       .doc = "table[...] takes as many values as the source key of the table has columns.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
  people:
    from: source.people
    fields:
      id: id
      name: name
      team_id: teams[team_id, id]
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
  people:
    from: source.people
    fields:
      id: id
      name: name
      team_id: teams[team_id]
)"},
      {.code = 305,
       .title = "reference to an exploded table",
       .doc = "A row of an exploded table has no source key of its own, so others cannot refer to it by one.",
       .wrong = R"yaml(tables:
  teams:
    from: source.teams
    explode: {part: "split(name, ',')"}
    fields:
      id: id
      name: name
  people:
    from: source.people
    fields:
      id: id
      name: name
      team_id: teams[team_id]
)yaml",
       .right = R"yaml(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
  people:
    from: source.people
    fields:
      id: id
      name: name
      team_id: teams[team_id]
)yaml"},
      {.code = 306,
       .title = "unknown function",
       .doc = "No function and no converter of the mapping has this name.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: lowr(name)
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: lower(name)
)"},
      {.code = 307,
       .title = "number of arguments",
       .doc = "The function takes fewer or more arguments.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: lower(name, 1)
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: lower(name)
)"},
      {.code = 308,
       .title = "key that is no secret param",
       .doc = "Keys never stand in a mapping: they come from a secret param.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      sealed: encrypt(email, 'hunter2')
)",
       .right = R"(params:
  field_key: {type: text, secret: true, default: "${FIELD_KEY}"}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      sealed: encrypt(email, $field_key)
)"},
      {.code = 309,
       .title = "bad constant argument",
       .doc = "An argument that has to be a constant is none, or is out of its range; or a constant expression always fails.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: bcrypt(name, 20)
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: bcrypt(name, 12)
)"},
      {.code = 310,
       .title = "column that is not grouped",
       .doc = "With group_by, a row stands for many: a column that is not in it has many values.",
       .wrong = R"(tables:
  teams:
    from: source.people
    group_by: [team_id]
    fields:
      id: team_id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.people
    group_by: [team_id]
    fields:
      id: team_id
      name: first(name)
)"},
      {.code = 311,
       .title = "aggregate outside groups",
       .doc = "Aggregates need group_by.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: max(name)
)",
       .right = R"(tables:
  teams:
    from: source.teams
    group_by: [id]
    fields:
      id: id
      name: max(name)
)"},
      {.code = 320,
       .title = "argument of the wrong type",
       .doc = "The function or operator does not take a value of this type.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      height: name * 2
)",
       .right = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      height: decimal(name) * 2
)"},
      {.code = 321,
       .title = "branches of different types",
       .doc = "All branches of case, and all arguments of coalesce, give one type.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: case when id = 1 then 'one' else id end
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: case when id = 1 then 'one' else text(id) end
)"},
      {.code = 322,
       .title = "comparison of different types",
       .doc = "Values of different types are not compared; convert one.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    where: name > id
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    where: int(name) > id
    fields:
      id: id
      name: name
)"},
      {.code = 323,
       .title = "rule that does not fit the type",
       .doc = "The rule is for values of other types.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, max_length: 3}
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, max: 999}
      name: name
)"},
      {.code = 324,
       .title = "min above max",
       .doc = "No value could pass both rules.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, min: 10, max: 1}
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, min: 1, max: 10}
      name: name
)"},
      {.code = 325,
       .title = "literal that does not fit the column",
       .doc = "A const, default, rule or param value cannot be read as the column's type.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, default: none}
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: {from: id, default: 0}
      name: name
)"},
      {.code = 330,
       .title = "unknown target table",
       .doc = "The target's schema has no such table.",
       .wrong = R"(tables:
  temas:
    from: source.teams
    rest: copy
)",
       .right = R"(tables:
  teams:
    from: source.teams
    rest: copy
)"},
      {.code = 331,
       .title = "unknown source table",
       .doc = "The source's schema has no such table.",
       .wrong = R"(tables:
  teams:
    from: source.team
    rest: copy
)",
       .right = R"(tables:
  teams:
    from: source.teams
    rest: copy
)"},
      {.code = 332,
       .title = "unknown target column",
       .doc = "The target table has no such column, or the database fills it itself.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
      nme: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 333,
       .title = "type that does not become the column's",
       .doc = "The value could lose something on the way to the column's type, so the mapping has to say how.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      height: height
)",
       .right = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      height: height | decimal | round(2)
)"},
      {.code = 334,
       .title = "value that is not in the enum",
       .doc = "The constant is none of the labels of the column's enum type.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: {const: boss}
)",
       .right = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: {const: admin}
)"},
      {.code = 335,
       .title = "source column without a home",
       .doc = "rest: copy copies columns by name; the target has no column for this one.",
       .wrong = R"(tables:
  teams:
    from: source.clubs
    rest: copy
)",
       .right = R"(tables:
  teams:
    from: source.clubs
    rest: copy
    ignore: [captain_id]
)"},
      {.code = 336,
       .title = "NOT NULL column that nothing fills",
       .doc = "The target requires a value that the mapping never gives.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: name
)"},
      {.code = 340,
       .title = "cycle of tables",
       .doc = "Tables that need each other's keys can only be loaded when the keys are known before.",
       .wrong = R"(tables:
  clubs:
    from: source.clubs
    fields:
      name: name
      captain_id: players[captain_id]
  players:
    from: source.players
    fields:
      name: name
      club_id: clubs[club_id]
)",
       .right = R"(tables:
  clubs:
    from: source.clubs
    ignore: [captain_id]
    fields:
      name: name
  players:
    from: source.players
    fields:
      name: name
      club_id: clubs[club_id]
)"},
      {.code = 341,
       .title = "conflict that cannot be settled",
       .doc = "on_conflict and on_missing need a key, a column that says what is newer, and something to do.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    on_conflict: {newest: id}
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    on_conflict: update
    fields:
      id: id
      name: name
)"},
      {.code = 342,
       .title = "replace that the database cannot do",
       .doc = "The rows to remove are found by comparing columns of the target with values, in the transaction that loads "
              "the table.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    replace: length(name) > 3
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    replace: name = 'A-Team' or id between 10 and 19
    fields:
      id: id
      name: name
)"},
      {.code = 401,
       .title = "environment",
       .doc = "A variable, file or param that the mapping reads has no value. Lint does not look at the environment; plan and run do.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: "sqlite:${TEAMS_FOLDER}/target.db", schema: target.sql, create: true}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: "sqlite:${TEAMS_FOLDER:-.}/target.db", schema: target.sql, create: true}
)"},
      {.code = 402,
       .title = "lookup that is not unique",
       .doc = "A key of the lookup is there twice. Lint finds it where the mapping or a file holds the entries; a plan and a run find it when they read the lookup's source.",
       .wrong = R"(lookups:
  roles: {map: {Boss: admin, boss: admin, all: member}, ignore_case: true}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: roles[role]
)",
       .right = R"(lookups:
  roles: {map: {boss: admin, all: member}, ignore_case: true}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: roles[role]
)"},
      {.code = 403,
       .title = "constant lookup that fails",
       .doc = "A constant key has no entry in the lookup. Lint finds it where the mapping or a file holds the entries; a plan and a run find it when they read the lookup's source.",
       .wrong = R"(lookups:
  roles: {map: {boss: admin, all: member}}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: roles['everyone']
)",
       .right = R"(lookups:
  roles: {map: {boss: admin, all: member}}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      role: roles['all']
)"},
      {.code = 404,
       .title = "live schema that differs",
       .doc = "A column that the mapping uses differs between the schema file and the database. Found by plan and run, which connect. In the example the database was made from live.sql, where names of teams have at most 40 characters.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: sqlite:live.db, schema: source.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: sqlite:live.db, schema: live.sql}
)"},
      {.code = 405,
       .title = "not available yet",
       .doc = "The language has it, this version cannot run it. Lint accepts it; plan, test and run say so."},
      {.code = 501,
       .title = "password in the spec",
       .doc = "A password stands in the mapping, where everyone who reads the file reads it.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: "postgresql://etl:hunter2@localhost/target", schema: target.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: "postgresql://etl@localhost/target", password: "${DB_PASSWORD}", schema: target.sql}
)"},
      {.code = 502,
       .title = "unknown columns",
       .doc = "Without a schema or columns, names and types are checked only when the mapping runs.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db}
  target: {url: postgresql://localhost/target, schema: target.sql}
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: postgresql://localhost/target, schema: target.sql}
)"},
      {.code = 503,
       .title = "pattern that is not anchored",
       .doc = "The pattern may match anywhere in the value, which is rarely meant.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: name, pattern: '\d+'}
)",
       .right = R"(tables:
  teams:
    from: source.teams
    fields:
      id: id
      name: {from: name, pattern: '^\d+$'}
)"},
      {.code = 504,
       .title = "value that looks secret",
       .doc = "By its name the column holds a secret; rejects and reports would show it.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      password: email
)",
       .right = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      password: {from: email, sensitive: true}
)"},
      {.code = 505,
       .title = "key without a unique index",
       .doc = "No unique index of the target keeps the key: other writers could break it, and lookups by it are slow.",
       .wrong = R"(tables:
  teams:
    from: source.teams
    key: [name]
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.teams
    key: [id]
    fields:
      id: id
      name: name
)"},
      {.code = 506,
       .title = "unused column",
       .doc = "The source has columns that the mapping neither reads nor ignores: forgotten data is lost silently.",
       .wrong = R"(tables:
  teams:
    from: source.clubs
    fields:
      id: id
      name: name
)",
       .right = R"(tables:
  teams:
    from: source.clubs
    ignore: [captain_id]
    fields:
      id: id
      name: name
)"},
      {.code = 507,
       .title = "unused source",
       .doc = "A source is declared and no table or lookup reads it.",
       .wrong = R"(sources:
  named_teams: {connection: source, query: "SELECT id, name FROM teams WHERE name <> ''"}
)",
       .right = R"(sources:
  named_teams: {connection: source, query: "SELECT id, name FROM teams WHERE name <> ''"}
tables:
  teams:
    from: named_teams
    fields:
      id: id
      name: name
)"},
      {.code = 508,
       .title = "unused param",
       .doc = "A param is declared and never read.",
       .wrong = R"(params:
  since: {type: int, default: 0}
)",
       .right = R"(params:
  since: {type: int, default: 0}
tables:
  teams:
    from: source.teams
    where: id > $since
    fields:
      id: id
      name: name
)"},
      {.code = 509,
       .title = "digits that may be lost",
       .doc = "A decimal becomes a float, which keeps about 15 digits.",
       .wrong = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      weight: decimal(height)
)",
       .right = R"(tables:
  people:
    from: source.people
    fields:
      id: id
      name: name
      weight: decimal(height) | float
)"},
      {.code = 510,
       .title = "decimal compared as text",
       .doc = "SQL compares, sorts or picks the least of a decimal column that a SQLite target keeps as text, since SQLite has no exact decimals: '9.50' is above '10.00' there.",
       .wrong = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: sqlite:target.db, schema: target.sql, create: true}
check:
  nobody is a giant: SELECT id FROM people WHERE height > 3
)",
       .right = R"(connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: sqlite:target.db, schema: target.sql, create: true}
check:
  nobody is a giant: SELECT id FROM people WHERE CAST(height AS REAL) > 3
)"},
  };
  return table;
}

const CodePage* code_page(Code code) {
  const auto& table = code_pages();
  const auto found = std::ranges::find(table, code, &CodePage::code);
  return found == table.end() ? nullptr : &*found;
}

const std::vector<CodeInfo>& diagnostic_codes() {
  static const std::vector<CodeInfo> titles = [] {
    std::vector<CodeInfo> all;
    for (const CodePage& page : code_pages()) all.push_back({page.code, page.title});
    return all;
  }();
  return titles;
}

namespace {

bool has_section(std::string_view mapping, std::string_view key) {
  return mapping.starts_with(key) || mapping.find("\n" + std::string{key}) != std::string_view::npos;
}

}  // namespace

std::string whole_example(std::string_view sections) {
  std::string mapping = "version: 1\nname: example\n";
  if (!has_section(sections, "connections:")) {
    mapping +=
        "connections:\n"
        "  source: {url: sqlite:source.db, schema: source.sql}\n"
        "  target: {url: postgresql://localhost/target, schema: target.sql}\n";
  }
  mapping += sections;
  if (!has_section(sections, "tables:")) mapping += "tables:\n  teams:\n    from: source.teams\n    rest: copy\n";
  return mapping;
}

}  // namespace etl
