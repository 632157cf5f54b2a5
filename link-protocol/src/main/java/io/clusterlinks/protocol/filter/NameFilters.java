// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.filter;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.clusterlinks.protocol.LinkException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which names, of topics or groups, a link takes part in.
 *
 * <pre>
 * {"topicFilters": [{"name": "*",    "patternType": "LITERAL",  "filterType": "INCLUDE"},
 *                   {"name": "tmp-", "patternType": "PREFIXED", "filterType": "EXCLUDE"}]}
 * </pre>
 *
 * A name takes part if a filter includes it and none excludes it. LITERAL {@code *} means all. REGEX must match the
 * whole name, with RE2's syntax, which matches in linear time whatever the expression. Filters that contradict each other are
 * refused: an EXCLUDE of all, an INCLUDE of one name that an EXCLUDE covers.
 */
public final class NameFilters {
    /** Takes part in nothing. */
    public static final NameFilters NONE = new NameFilters(List.of());

    private static final Set<String> FIELDS = Set.of("name", "patternType", "filterType");
    private static final String ALL = "*";

    private final List<Filter> filters;

    private NameFilters(List<Filter> filters) {
        this.filters = List.copyOf(filters);
    }

    private enum PatternType {
        LITERAL,
        PREFIXED,
        REGEX
    }

    private enum FilterType {
        INCLUDE,
        EXCLUDE
    }

    /** One filter; {@code regex} is null unless it is one. */
    private record Filter(PatternType pattern, String name, Pattern regex, FilterType type) {
        boolean isAll() {
            return pattern == PatternType.LITERAL && name.equals(ALL);
        }

        boolean matches(String candidate) {
            return switch (pattern) {
                case LITERAL -> isAll() || name.equals(candidate);
                case PREFIXED -> candidate.startsWith(name);
                case REGEX -> regex.matches(candidate);
            };
        }
    }

    /**
     * Parses filters.
     *
     * @param key the config they are the value of
     * @param json the value; empty for no filters
     * @param field name of the array: {@code topicFilters} or {@code groupFilters}
     * @throws LinkException INVALID_CONFIG, naming the key and the place
     */
    public static NameFilters parse(String key, String json, String field) {
        if (json.isBlank()) {
            return NONE;
        }
        List<FilterJson> elements = FilterJson.elements(key, json, field);
        List<Filter> filters = elements.stream().map(NameFilters::filter).toList();
        refuseContradictions(elements, filters);
        if (filters.stream().noneMatch(filter -> filter.type() == FilterType.INCLUDE)) {
            throw LinkException.invalidConfig(
                    key + ": $." + field + " includes nothing; add a filter with \"filterType\":\"INCLUDE\".");
        }
        return new NameFilters(filters);
    }

    private static Filter filter(FilterJson element) {
        element.object(FIELDS);
        PatternType pattern =
                element.choice("patternType", PatternType.class, EnumSet.allOf(PatternType.class), PatternType.LITERAL);
        FilterType type =
                element.choice("filterType", FilterType.class, EnumSet.allOf(FilterType.class), FilterType.INCLUDE);
        String name = element.requiredText("name");
        if (pattern == PatternType.PREFIXED && name.equals(ALL)) {
            throw element.child("name").refusal("is '*', which no name begins with; use \"patternType\":\"LITERAL\"");
        }
        return new Filter(pattern, name, pattern == PatternType.REGEX ? regex(element, name) : null, type);
    }

    private static Pattern regex(FilterJson element, String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw element.child("name").refusal("is no regular expression of RE2: " + e.getMessage());
        }
    }

    private static void refuseContradictions(List<FilterJson> elements, List<Filter> filters) {
        Map<List<Object>, Integer> seen = new HashMap<>();
        for (int i = 0; i < filters.size(); i++) {
            Filter filter = filters.get(i);
            Integer before = seen.putIfAbsent(List.of(filter.pattern(), filter.name()), i);
            if (before != null && filters.get(before).type() != filter.type()) {
                throw elements.get(i)
                        .refusal("contradicts filter " + before + ": one includes what the other excludes");
            }
        }
        for (int i = 0; i < filters.size(); i++) {
            if (filters.get(i).type() == FilterType.EXCLUDE) {
                refuseContradictions(elements, filters, i);
            }
        }
    }

    /** What an exclusion leaves nothing of was meant otherwise, whatever its order. */
    private static void refuseContradictions(List<FilterJson> elements, List<Filter> filters, int exclusion) {
        Filter excluding = filters.get(exclusion);
        if (excluding.isAll()) {
            throw elements.get(exclusion).refusal("excludes everything, so that nothing takes part");
        }
        for (int i = 0; i < filters.size(); i++) {
            Filter filter = filters.get(i);
            if (filter.type() == FilterType.INCLUDE
                    && filter.pattern() == PatternType.LITERAL
                    && !filter.isAll()
                    && excluding.matches(filter.name())) {
                throw elements.get(i)
                        .refusal("includes '" + filter.name() + "', which filter " + exclusion
                                + " excludes, so that it never takes part");
            }
        }
    }

    public boolean isEmpty() {
        return filters.isEmpty();
    }

    /** Whether {@code name} takes part. */
    public boolean matches(String name) {
        boolean included = false;
        for (Filter filter : filters) {
            if (filter.matches(name)) {
                if (filter.type() == FilterType.EXCLUDE) {
                    return false;
                }
                included = true;
            }
        }
        return included;
    }

    /** Whether {@code name} takes part because a LITERAL filter names it, not only because of a pattern. */
    public boolean matchesByName(String name) {
        return matches(name)
                && filters.stream()
                        .anyMatch(filter -> filter.pattern() == PatternType.LITERAL
                                && filter.type() == FilterType.INCLUDE
                                && filter.name().equals(name));
    }
}
