// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brokers that come back. One that was killed between the two renames with which the move of a log to another directory
 * ends does not start, whatever it has loaded: an operator deletes one of the two, as Kafka asks for. For one thread.
 */
record ChaosRestarts(TestCluster cluster, Consumer<String> log) {
    private static final Pattern TWICE = Pattern.compile("are found in both (.+?) and (.+?)\\. It is likely");
    private static final int LAST_LINES = 300;

    /** Waits until all brokers that were started serve. */
    void awaitReady() {
        try {
            cluster.awaitReady();
        } catch (IllegalStateException e) {
            if (!recover()) {
                throw e;
            }
            awaitReady();
        }
    }

    /**
     * Starts brokers again that could not start, having deleted one of the two directories of a log; returns whether
     * there were any.
     *
     * @throws AssertionError if a broker ended of anything else
     */
    boolean recover() {
        boolean any = false;
        for (BrokerProcess broker : cluster.brokers()) {
            if (!broker.isAlive()) {
                recover(broker);
                any = true;
            }
        }
        return any;
    }

    private void recover(BrokerProcess broker) {
        Matcher twice = TWICE.matcher(broker.logTail(LAST_LINES));
        assertThat(twice.find() && Files.exists(Path.of(twice.group(1))) && Files.exists(Path.of(twice.group(2))))
                .as(
                        "broker %s ended of a log that lies in two directories: %s",
                        broker.id(), broker.logTail(LAST_LINES))
                .isTrue();
        log.accept("delete " + twice.group(2) + ", and start " + cluster.name() + " " + broker.id());
        TestCluster.delete(Path.of(twice.group(2)));
        broker.start();
    }
}
