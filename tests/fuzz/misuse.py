"""What must be an error, and the same one on every rank."""

from case import operation
from values import Impossible, Raises

# Lua of a mistake, made of a column (the first) and one of another length or type (the second).
WITH_OTHER_LENGTH = ["{a} + {b}", "{a}:eq({b})", "mb.where({a}:is_missing(), {a}, {b})", "{a}[{b}:is_missing()]",
                     "mb.argsort{{{a}, {b}}}", "mb.group_by{{{a}, {b}}}:size()", "mb.group_by({a}):count({b})",
                     "mb.frame{{x = {a}, y = {b}}}", "{a}:put({b}:is_missing(), null)", "{a}:cov({b})"]
WITH_OTHER_TYPE = ["mb.concat{{{a}, {b}}}", "{a}:isin({b})", "mb.union({a}, {b})", "{a}:find({b})",
                   "{a}:sort():searchsorted({b})",
                   "mb.frame{{x = {a}}}:join(mb.frame{{x = {b}}}, {{on = 'x'}})"]
ALONE = ["{a}[{{#{a} + 1}}]", "{a}[{{0}}]", "{a}[#{a} + 1]", "{a}:slice(1, 2, 0)", "{a}:repeat_by(-1)", "{a}:topk(-1)",
         "{a}:quantile(1.5)", "{a}:as('string')", "{a}:histogram{{bins = 0}}", "{a}:sum{{nosuch = true}}",
         "{a}:sample(#{a} + 1)", "{a}:put({{#{a} + 1}}, null)", "mb.frame{{x = {a}}}:sort_by('y')",
         "mb.frame{{x = {a}}}:column('y')", "mb.frame{{x = {a}}} 'x + y'", "mb.frame{{x = {a}}} 'x +'",
         "mb.frame{{x = {a}}}:join(mb.frame{{y = {a}}}, {{on = 'x'}})", "mb.group_by({a}):quantile({a}, 2)"]
# Made of a column of text and one of numbers.
OF_TEXT = ["{a}:sum()", "{a}:mean()", "{a}:median()", "{a}:any()", "{a}:cumsum()", "{a} + 1", "-{a}", "{a} & 1", "{a}:sqrt()",
           "{a}:eq(5)", "{a}:eq({b})", "{b}:lt({a})", "{a}:fill(5)", "{a}:put({b}:is_missing(), 5)", "{a}:shift(1, 5)",
           "{a}:minimum({b})", "mb.where({b}:is_missing(), {a}, {b})", "{a}:histogram{{bins = 3}}", "{a}:digitize{{1}}",
           "{a}:quantile(0.5)", "{b}:dot({a})", "mb.group_by({b}):sum({a})", "mb.group_by({b}):all({a})",
           "mb.group_by({b}):median({a})", "mb.group_by({b}):bit_or({a})", "{a}:contains(5)", "{a}:contains({b})",
           "{b}:contains('a')", "{b}:len()", "{b}:eq('5')", "{b}[{a}]", "mb.expr('a + b', {{a = {a}, b = {b}}})",
           "mb.expr('a == 5', {{a = {a}}})", "mb.expr('a:sum()', {{a = {a}}})", "mb.expr([[a == '\\q']], {{a = {a}}})"]


@operation("misuse", weight=2)
class Misuse:
    """p: call, needs: what the second column is."""

    @staticmethod
    def draw(d):
        a = d.column(["int", "uint", "float"])
        needs = d.pick(["nothing", "length", "type", "text"])
        if needs == "nothing":
            return [a], {"call": d.pick(ALONE), "needs": needs}
        if needs == "text":
            return [d.column(["text"], d.rows(a)), a], {"call": d.pick(OF_TEXT + WITH_OTHER_TYPE), "needs": needs}
        if needs == "length":
            b = d.column([d.kind(a)], d.rows(a) + d.integer(1, 3))
            return [a, b], {"call": d.pick(WITH_OTHER_LENGTH), "needs": needs}
        other = {"int": ["uint", "float", "bool"], "uint": ["int", "float"], "float": ["int", "bool"]}[d.kind(a)]
        return [a, d.column(other, d.rows(a))], {"call": d.pick(WITH_OTHER_TYPE), "needs": needs}

    @staticmethod
    def model(v, p):
        if p["needs"] == "length" and (len(v[0]) == len(v[1]) or v[0].kind != v[1].kind):
            raise Impossible()
        if p["needs"] == "text" and (v[0].kind != "text" or v[1].kind == "text" or len(v[0]) != len(v[1])):
            raise Impossible()
        if p["needs"] == "type" and v[0].kind == v[1].kind:
            raise Impossible()
        raise Raises("misuse")

    @staticmethod
    def text(n, p):
        return p["call"].format(a=n[0], b=n[-1])

    @staticmethod
    def parts(p):
        return [p["call"].format(a="a", b="b")]
