// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.requests.CreateAclsRequest;
import org.junit.jupiter.api.Test;

/** Kafka's thread that sends to the controller ends the process if it cannot make bytes of a request. */
class ControllerChannelTest {
    @Test
    void anAclOfAKindThatKafkaDoesNotKnowIsRefusedBeforeItIsSent() {
        assertThatThrownBy(() -> ControllerChannel.requireSendable(request("User:a", AclOperation.UNKNOWN.code())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aNameThatIsTooLongIsRefusedBeforeItIsSent() {
        assertThatThrownBy(() -> ControllerChannel.requireSendable(request("User:" + "a".repeat(32_768), (byte) 3)))
                .isInstanceOf(RuntimeException.class);
    }

    @Test
    void whatCanBeSentIs() {
        assertThatCode(() -> ControllerChannel.requireSendable(request("User:a", (byte) 3)))
                .doesNotThrowAnyException();
    }

    private static CreateAclsRequest.Builder request(String principal, byte operation) {
        CreateAclsRequestData data = new CreateAclsRequestData();
        data.creations()
                .add(new AclCreation()
                        .setResourceType((byte) 2)
                        .setResourceName("topic")
                        .setResourcePatternType((byte) 3)
                        .setPrincipal(principal)
                        .setHost("*")
                        .setOperation(operation)
                        .setPermissionType((byte) 3));
        return new CreateAclsRequest.Builder(data);
    }
}
