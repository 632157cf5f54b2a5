// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that needs the cluster. */
@Command(sortOptions = false)
abstract class ClusterCommand implements Callable<Integer> {
    /** Heading of the examples in each command's help. */
    static final String EXAMPLES = "%nExamples, after kafka-cluster-links.sh --bootstrap-server H:P%n";

    static final int OK = 0;
    static final int FAILED = 1;

    @Spec
    CommandSpec spec;

    @Override
    public final Integer call() {
        validate();
        try (Session session = root().open(spec)) {
            return run(session);
        }
    }

    /** Checks what needs no cluster, before one is contacted. */
    void validate() {}

    abstract int run(Session session);

    final ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Prints what was done, one sentence or object each; refusals go to stderr. */
    static int report(Session session, List<ActionResult> results) {
        Console console = session.console();
        if (console.isJson()) {
            console.json(results);
        }
        Map<String, String> errors = new LinkedHashMap<>();
        for (ActionResult result : results) {
            if (result.error() != null) {
                errors.put(result.topic(), result.error());
            } else if (!console.isJson()) {
                console.line(result.sentence());
            }
        }
        console.errors(errors, results.size());
        return results.stream().allMatch(result -> result.error() == null) ? OK : FAILED;
    }

    private ClusterLinksCommand root() {
        return (ClusterLinksCommand) spec.root().userObject();
    }
}
