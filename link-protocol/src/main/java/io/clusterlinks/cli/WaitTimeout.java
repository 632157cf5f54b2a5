// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Option;

/** {@code --wait-timeout}, for commands with {@code --wait}. */
final class WaitTimeout {
    @Option(names = "--wait-timeout", paramLabel = "S", description = "Seconds to wait at most. Default: for ever.")
    Long seconds;

    void validate(ClusterCommand command, boolean wait) {
        if (seconds != null && !wait) {
            throw command.usage("--wait-timeout needs --wait");
        }
        if (seconds != null && seconds <= 0) {
            throw command.usage("--wait-timeout is " + seconds + "; it must be above 0");
        }
    }

    /** Milliseconds. */
    long orForever() {
        return seconds == null ? Long.MAX_VALUE : TimeUnit.SECONDS.toMillis(seconds);
    }

    @Override
    public String toString() {
        return seconds + " s";
    }
}
