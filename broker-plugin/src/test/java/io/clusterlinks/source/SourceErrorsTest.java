// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class SourceErrorsTest {
    /** A coordinator that was shut down while it checked a source told the client that its configs were wrong. */
    @Test
    void anInterruptedQuestionMayBeAskedAgain() {
        assertThat(classify(new InterruptedException()).error()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        InterruptException wrapped = new InterruptException("stopping");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(classify(new ExecutionException(wrapped)).error()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void aRefusalByTheSourceKeepsItsCode() {
        LinkException refused = classify(new ExecutionException(new TopicAuthorizationException("orders")));

        assertThat(refused.error()).isEqualTo(Errors.TOPIC_AUTHORIZATION_FAILED);
        assertThat(refused.getMessage()).contains("east").contains("ACL");
    }

    private static LinkException classify(Throwable failure) {
        return SourceErrors.classify("east", "check", null, failure);
    }
}
